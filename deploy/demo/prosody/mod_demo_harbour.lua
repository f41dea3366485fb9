-- SPDX-License-Identifier: MIT
-- The demo's publisher inside Prosody: a tide gauge, read once a second (JSON), and the harbour's berths (XML).
-- It goes through mod_pubsub's own service, so subscribers are told by exactly the way that any publisher takes.

local service = module:depends "pubsub".service;
local json = require "util.json";
local st = require "util.stanza";
local datetime = require "util.datetime".datetime;
local now = require "util.time".now;

local tide, berths = "harbour/tide", "harbour/berths";
local keep_items = 30; -- Prosody's internal storage writes the whole node at every publish

for _, node in ipairs({ tide, berths }) do
	if not service.nodes[node] then
		assert(service:create(node, true, { max_items = keep_items; access_model = "open" }));
	end
end

local function publish(node, id, payload)
	local item = st.stanza("item", { id = id; xmlns = "http://jabber.org/protocol/pubsub" }):add_child(payload);
	local ok, err = service:publish(node, true, id, item);
	if not ok then
		module:log("error", "Publishing %s to %s failed: %s", id, node, err);
	end
end

local function rounded(number, digits)
	return tonumber(string.format("%." .. digits .. "f", number));
end

-- One reading a second; a tide of two minutes, so that something is seen to happen.
module:add_timer(1, function ()
	local at = now();
	local phase = at * 2 * math.pi / 120;
	local reading = {
		station = "Pier 2";
		time = datetime(math.floor(at));
		water_level_m = rounded(2.1 + 1.4 * math.sin(phase) + 0.02 * math.random(), 3);
		rising = math.cos(phase) > 0;
		wind = { speed_ms = rounded(6 + 3 * math.sin(at / 37) + math.random(), 1); from = "WNW" };
		air_c = rounded(11 + 2 * math.sin(at / 300), 1);
	};
	-- One ID for each reading, by its time: a reading is never replaced, it only grows old.
	publish(tide, string.format("reading-%d", math.floor(at)), st.stanza("json", { xmlns = "urn:xmpp:json:0" }):text(json.encode_ordered(reading)));
	return 1;
end);

local vessels = {
	{ name = "Aurora"; type = "ferry"; cargo = "cars" };
	{ name = "Nordlys"; type = "coaster"; cargo = "timber" };
	{ name = "Ostara"; type = "container feeder"; cargo = "containers" };
	{ name = "Marie Céleste II"; type = "schooner" };
	{ name = "Håkon VI"; type = "research ship" };
};
local quays = {}; -- quay -> the vessel there

local function berth(quay, vessel)
	local payload = st.stanza("berth", { xmlns = "https://harbour.example/ns/berth"; quay = tostring(quay) })
		:tag("vessel", { type = vessel.type }):text(vessel.name):up()
		:tag("since"):text(datetime()):up();
	if vessel.cargo then
		payload:tag("cargo", { unit = "t" }):tag(vessel.cargo):text(tostring(math.random(12, 190) * 10)):up():up();
	end
	return payload;
end

-- A quay is an item: publishing it again tells the new state, retracting it says that the vessel has left.
module:add_timer(2, function ()
	local quay = math.random(1, 4);
	local id = "quay-" .. quay;
	if quays[quay] and math.random() < 0.4 then
		quays[quay] = nil;
		local notice = st.stanza("retract", { id = id });
		service:retract(berths, true, id, notice);
	else
		quays[quay] = quays[quay] or vessels[math.random(#vessels)];
		publish(berths, id, berth(quay, quays[quay]));
	end
	return 3;
end);
