# Requests, receivers, mail and agents to try things with; installed for reading.
