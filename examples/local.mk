# Requests, receivers, mail and agents to try things with; the agents are installed for reading.
nobase_dist_doc_DATA += examples/agents/probe.json
EXTRA_DIST += examples/mail
