-- SPDX-License-Identifier: MIT
-- What to add to Prosody 0.12 or 13, as /etc/prosody/conf.d/eventsource.cfg.lua or at the end of prosody.cfg.lua. It holds a
-- secret: chown root:prosody, chmod 640. New components need a restart of Prosody, not only a reload.
-- Components connect to port 5347 on loopback; a worker on another machine needs, above the first VirtualHost,
-- component_interfaces = { "10.0.0.1" } and a network that nobody else reads, since the session is not encrypted.

-- The worker: `[xmpp] jid` and the content of its `secret_file`. One worker at a time may use a domain; a second worker
-- gets a component of its own.
Component "eventsource.example.org"
	component_secret = "change-this-secret"

-- The pubsub service: the worker's `[[service]] jid`. Leave this out where you have one, and look at its options.
Component "pubsub.example.org" "pubsub"
	-- Items that a node may keep at most; the default is 256. Each node keeps 20 unless its owner raises
	-- pubsub#max_items (a number, or "max" for this one), and what a node no longer keeps, no browser can catch up on.
	pubsub_max_items = 1000
	-- Tells who published ("publisher" in the events); off by default. On Prosody 13 each node can say so for itself
	-- (pubsub#itemreply = "publisher").
	--expose_publisher = true
	-- Lets the first publish create its node; off by default.
	--autocreate_on_publish = true

	-- Items in SQLite (Debian package lua-dbi-sqlite3). The default, files, rewrites the whole node at every publish:
	-- 43 ms with 300 items, measured (a little more on 13), and more with more, while all of Prosody waits. SQLite takes
	-- 0.7 ms however many there are, and one sync of the disk. Only this store of only this component changes. Items that
	-- are in files already do not move by themselves (see prosody-migrator).
	storage = { pubsub_data = "sql" }
	sql = { driver = "SQLite3", database = "pubsub.sqlite" } -- in Prosody's data folder
