"""Scenarios of the conformance suite that this server does not pass, and why. A scenario that is named here and passes is an
error as well: the reason is not true any more."""

AGENTS = "agents are tools; the server has no prompts, resources or completions, and declares none"
NO_INPUT = "no agent asks the user or the client's model for anything while it runs, so nothing requests input"
NO_LOGGING = "the capability logging is not declared: what a run does is told as progress, and kept as its steps"

_AGENTS = ["completion-complete", "resources-list", "resources-read-text", "resources-read-binary", "resources-templates-read",
           "prompts-list", "prompts-get-simple", "prompts-get-with-args", "prompts-get-embedded-resource",
           "prompts-get-with-image"]

LEGACY = {
    **dict.fromkeys([*_AGENTS, "resources-subscribe", "resources-unsubscribe"], AGENTS),
    **dict.fromkeys(["logging-set-level", "tools-call-with-logging"], NO_LOGGING),
    **dict.fromkeys(["tools-call-sampling", "tools-call-elicitation", "elicitation-sep1034-defaults",
                     "elicitation-sep1330-enums"], NO_INPUT),
}

MODERN = {
    **dict.fromkeys(_AGENTS, AGENTS),
    "caching": "tools/list tells how long it holds; the lists of prompts and resources are not there",
    "server-stateless": "of 25 checks two want a tool that needs a capability of the client's, which no agent does",
    **dict.fromkeys(["input-required-result-basic-elicitation", "input-required-result-basic-sampling",
                     "input-required-result-basic-list-roots", "input-required-result-request-state",
                     "input-required-result-multiple-input-requests", "input-required-result-multi-round",
                     "input-required-result-non-tool-request", "input-required-result-result-type",
                     "input-required-result-tampered-state", "input-required-result-capability-check"], NO_INPUT),
    # run, and not scored by the suite itself
    **dict.fromkeys(["tasks-mrtr-input", "tasks-mrtr-composition", "tasks-dispatch-and-envelope"], NO_INPUT),
    "tasks-lifecycle": "one check wants a tool that brings the server down; an agent that fails completes with an error",
    "tasks-required-task-error": "every tool can be called without a task, so none requires one",
    "tasks-request-headers": "one check wants a tool that repeats its argument as text, which no fixture does",
    "http-custom-header-server-validation": "no agent's input is repeated in headers (x-mcp-header)",
}
