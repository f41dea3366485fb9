-- SPDX-License-Identifier: MIT
-- What to add to Prosody 0.12 or 13 for several workers, beside the pubsub service of deploy/prosody.snippet.cfg.lua. Prosody
-- lets each component in once, so each worker has one. New components need a restart of Prosody.
Component "eventsource1.example.org"
	component_secret = "change-this-secret-1"

Component "eventsource2.example.org"
	component_secret = "change-this-secret-2"
