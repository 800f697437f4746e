/* The forms of commands and predicates. In their patterns $M stands for mails, $L for a label's name ($W for one of a
 * single word, $Q for one in quotes, $G for one where the mails are known), $C for a class; the rest are words as
 * rules_take takes them. Longer forms stand before those that begin them. */
#include "agents/email_triage_rules_priv.h"

#define MARKS  "flag|mark|make|treat|classify|consider|set|count|regard|rate|categorize|categorise|label|tag|file"
#define LABELS "label|tag|categorize|categorise|file|classify"
#define MOVES  "move|put|file|send|sort|place|drop|route|store|shift|group|collect"
#define AWAY   "move|send|put|shift|route|get|drop|file|push|sweep|dump|bring"
#define INBOX  "[the|my] inbox"

static const struct rule_form commands[] = {
	/* archive */
	{"archive $M", DO_ARCHIVE, DO_NEVER_ARCHIVE}, {"auto-archive|autoarchive $M", DO_ARCHIVE, DO_NEVER_ARCHIVE},
	{"stop|quit|avoid archiving $M", DO_NEVER_ARCHIVE, DO_NOTHING},
	{AWAY " $M [straight|directly|right|automatically|immediately] to|into|in [the|my] archive|archives [folder]",
	 DO_ARCHIVE, DO_NEVER_ARCHIVE},
	{AWAY " [straight|directly|right] to|into [the|my] archive|archives [folder] $M", DO_ARCHIVE, DO_NEVER_ARCHIVE},
	{"move|take|get|clear|remove|sweep|clean $M out|away [of|from] " INBOX " into|to|in [the|my] archive|archives",
	 DO_ARCHIVE, DO_NEVER_ARCHIVE},
	{"move|take|get|clear|remove|sweep $M from " INBOX " into|to|in [the|my] archive|archives", DO_ARCHIVE,
	 DO_NEVER_ARCHIVE},
	{"move|take|get|clear|remove|keep|sweep|clean $M out|away [of|from] " INBOX, DO_ARCHIVE, DO_NEVER_ARCHIVE},
	{"clear|remove|move|take $M from " INBOX, DO_ARCHIVE, DO_NEVER_ARCHIVE},
	{"skip " INBOX " for|with $M", DO_ARCHIVE, DO_NEVER_ARCHIVE},
	{"let $M skip|bypass " INBOX, DO_ARCHIVE, DO_NEVER_ARCHIVE},
	{"let $M stay|remain in|inside " INBOX, DO_NEVER_ARCHIVE, DO_ARCHIVE},
	{"let $M be|get archived", DO_ARCHIVE, DO_NEVER_ARCHIVE}, {"let $M be|get starred", DO_STAR, DO_NEVER_STAR},
	{"let $M go|move [straight|directly|right] to|into [the|my] archive|archives", DO_ARCHIVE, DO_NEVER_ARCHIVE},
	{"put|pack|file $M away", DO_ARCHIVE, DO_NEVER_ARCHIVE},
	{"hide $M [away] [from] [me|view]", DO_ARCHIVE, DO_NEVER_ARCHIVE}, {"spare me [from] $M", DO_ARCHIVE, DO_NOTHING},
	{"bother|annoy|distract|disturb|pester me with|about|over $M", DO_NOTHING, DO_ARCHIVE},
	{"show me $M [at] [all]", DO_NEVER_ARCHIVE, DO_ARCHIVE},
	/* keep */
	{"keep|leave|have $M in|inside|at [the] [my] [top] [of] [my] inbox", DO_NEVER_ARCHIVE, DO_ARCHIVE},
	{"keep|leave|retain in|inside " INBOX " $M", DO_NEVER_ARCHIVE, DO_ARCHIVE},
	{"keep $M out of [the|my] archive", DO_NEVER_ARCHIVE, DO_NOTHING},
	{"keep|leave out of " INBOX " $M", DO_ARCHIVE, DO_NEVER_ARCHIVE},
	{"keep|leave $M where [they|it] [are|is]", DO_NEVER_ARCHIVE, DO_NOTHING},
	{"keep|leave $M alone|untouched|visible|there|unarchived", DO_NEVER_ARCHIVE, DO_NOTHING},
	{"keep|leave $M as is", DO_NEVER_ARCHIVE, DO_NOTHING}, {"keep|retain $M", DO_NEVER_ARCHIVE, DO_NOTHING},
	{"move|put|bring|return $M to|into|in|back [to|into|in] " INBOX, DO_NEVER_ARCHIVE, DO_NOTHING},
	{"touch $M", DO_NOTHING, DO_NEVER_ARCHIVE},
	{"make sure [that] i [always] see|read|get $M", DO_NEVER_ARCHIVE, DO_NOTHING},
	{"let me [always] see|read $M", DO_NEVER_ARCHIVE, DO_NOTHING},
	/* stars */
	{"star $M", DO_STAR, DO_NEVER_STAR}, {"stop starring $M", DO_NEVER_STAR, DO_NOTHING},
	{"add|put|give|attach [a] star|stars to|on|for $M", DO_STAR, DO_NEVER_STAR},
	{"give $M a star", DO_STAR, DO_NEVER_STAR},
	{"mark|flag $M with a star", DO_STAR, DO_NEVER_STAR}, {"mark|flag $M as starred", DO_STAR, DO_NEVER_STAR},
	/* urgency and categories */
	{"prioritize|prioritise|escalate $M", DO_URGENT, DO_NOT_URGENT},
	{"give $M [a] high|top|highest priority", DO_URGENT, DO_NOT_URGENT},
	{"give high|top|highest priority to $M", DO_URGENT, DO_NOT_URGENT},
	{"give priority to $M", DO_URGENT, DO_NOT_URGENT},
	{"set|raise [the] priority of|for $M to high|top|urgent", DO_URGENT, DO_NOT_URGENT},
	{"set|lower [the] priority of|for $M to low|normal", DO_NOT_URGENT, DO_NOTHING},
	{"deprioritize|deprioritise $M", DO_NOT_URGENT, DO_NOTHING},
	{"give $M [a] low|lower priority", DO_NOT_URGENT, DO_NOTHING},
	{"stop|quit|avoid flagging|marking|treating $M as $C", DO_NOT_URGENT, DO_NOTHING},
	{MARKS " as|being $C $M", DO_CATEGORY, DO_NOT_URGENT},
	{MARKS " $M as|to|like|among [a|being|be] $C", DO_CATEGORY, DO_NOT_URGENT},
	{MARKS " $M $C", DO_CATEGORY, DO_NOT_URGENT},
	/* labels */
	{LABELS " $M as|with|under|into|in|to|by $L", DO_LABEL, DO_NOTHING},
	{LABELS " as|under|with $L $M", DO_LABEL, DO_NOTHING},
	{"label|tag $M $Q", DO_LABEL, DO_NOTHING}, {"label|tag $M $G", DO_LABEL, DO_NOTHING},
	{MOVES " $M to|into|in|under|inside $L", DO_LABEL, DO_NOTHING},
	{"apply|add|attach|assign|put|give|set|use [the|a|my] label|tag $L to|on|for $M", DO_LABEL, DO_NOTHING},
	{"apply|add|attach|assign|put|give|set|use [the|a|my] $Q [label|tag] to|on|for $M", DO_LABEL, DO_NOTHING},
	{"apply|add|attach|assign|put|give|set|use [the|a|my] $W label|tag to|on|for $M", DO_LABEL, DO_NOTHING},
	{"apply|add|assign to $M [the|a] label|tag $L", DO_LABEL, DO_NOTHING},
	{"give|assign $M [the|a|my] label|tag $L", DO_LABEL, DO_NOTHING},
	{"give|assign $M [the|a|my] $W label|tag", DO_LABEL, DO_NOTHING},
	{"mark|flag $M with [the] [label|tag] $L", DO_LABEL, DO_NOTHING},
	/* "flag" without a class is what mail programs call a flag: a star */
	{"flag $M", DO_STAR, DO_NEVER_STAR},
}, wishes[] = {
	/* behind "I" */
	{"want|like|need|wish|prefer|care|have|must to [always] see|read|know [about] $M [in] [my] [inbox]",
	 DO_NEVER_ARCHIVE, DO_ARCHIVE},
	{"want|need $M in|inside " INBOX, DO_NEVER_ARCHIVE, DO_ARCHIVE},
	{"want|need $M to stay|remain|be [kept] in " INBOX, DO_NEVER_ARCHIVE, DO_ARCHIVE},
	{"rather|prefer not [to] see|read|get $M [in] [my] [inbox]", DO_ARCHIVE, DO_NOTHING},
	{"must|should [always] see $M", DO_NEVER_ARCHIVE, DO_ARCHIVE}, {"care about|for $M", DO_NOTHING, DO_ARCHIVE},
	{"want to be bothered|disturbed|annoyed with|by|about $M", DO_NOTHING, DO_ARCHIVE},
}, predicates[] = {
	/* behind "are", "should be" … */
	{"archived|auto-archived|hidden", DO_ARCHIVE, DO_NEVER_ARCHIVE},
	{"moved|sent|put|filed|go|goes [straight|directly|right] to|into|in [the|my] archive|archives", DO_ARCHIVE,
	 DO_NEVER_ARCHIVE},
	{"skip|skips|bypass " INBOX, DO_ARCHIVE, DO_NEVER_ARCHIVE},
	{"moved|removed|cleared out|from [of] " INBOX, DO_ARCHIVE, DO_NEVER_ARCHIVE},
	{"stay|stays|remain|remains|belong|belongs|kept|left|shown in|on " INBOX, DO_NEVER_ARCHIVE, DO_ARCHIVE},
	{"left|kept alone|untouched|visible", DO_NEVER_ARCHIVE, DO_NOTHING}, {"touched", DO_NOTHING, DO_NEVER_ARCHIVE},
	{"kept", DO_NEVER_ARCHIVE, DO_NOTHING}, {"starred", DO_STAR, DO_NEVER_STAR},
	{"get|gets|given|deserve|deserves a star", DO_STAR, DO_NEVER_STAR},
	{"prioritized|prioritised|escalated", DO_URGENT, DO_NOT_URGENT}, {"wait", DO_NOT_URGENT, DO_NOTHING},
	{"leave|leaves " INBOX, DO_ARCHIVE, DO_NEVER_ARCHIVE},
	{"flagged|marked|treated|classified|considered|labelled|labeled|tagged|regarded|counted|categorized|categorised "
	 "[as|with|to] [being|be] $C", DO_CATEGORY, DO_NOT_URGENT},
	{"labelled|labeled|tagged|filed|categorized|categorised|classified|sorted|marked as|under|with|in|into|by|to $L",
	 DO_LABEL, DO_NOTHING},
	{"labelled|labeled|tagged $L", DO_LABEL, DO_NOTHING},
	{"get|gets|given|have|receive [the|a] label|tag $L", DO_LABEL, DO_NOTHING},
	{"get|gets|given|have|receive [the|a] $W label|tag", DO_LABEL, DO_NOTHING},
	{"moved|put|sent|go|goes|belong|belongs|filed|stored to|in|into|under $L", DO_LABEL, DO_NOTHING},
	{"flagged", DO_STAR, DO_NEVER_STAR},
	{"not $C to me", DO_NOT_URGENT, DO_NOTHING}, {"$C to me", DO_CATEGORY, DO_NOT_URGENT},
	{"not $C", DO_NOT_URGENT, DO_NOTHING}, {"$C", DO_CATEGORY, DO_NOT_URGENT},
}, active[] = {
	/* behind the mails themselves */
	{"go|goes [straight|directly|right] to|into|in [the|my] archive|archives", DO_ARCHIVE, DO_NEVER_ARCHIVE},
	{"skip|skips|bypass|bypasses|leave|leaves " INBOX, DO_ARCHIVE, DO_NEVER_ARCHIVE},
	{"be in|inside " INBOX, DO_NEVER_ARCHIVE, DO_ARCHIVE},
	{"need|needs|have|has to stay|remain|be in|on " INBOX, DO_NEVER_ARCHIVE, DO_ARCHIVE},
	{"stay|stays|remain|remains|belong|belongs in|on " INBOX, DO_NEVER_ARCHIVE, DO_ARCHIVE},
	{"get|gets|deserve|deserves|receive|receives a star", DO_STAR, DO_NEVER_STAR},
	{"get|gets|deserve|deserves [a] high|top priority", DO_URGENT, DO_NOT_URGENT},
	{"get|gets|have|receive|receives [the|a] label|tag $L", DO_LABEL, DO_NOTHING},
	{"get|gets|have|receive|receives [the|a] $W label|tag", DO_LABEL, DO_NOTHING},
	{"go|goes|belong|belongs to|in|into|under $L", DO_LABEL, DO_NOTHING}, {"come|comes first", DO_URGENT, DO_NOTHING},
}, additions[] = {
	/* behind something that is done: "archive them, with the label X" */
	{"with|under the|a|my label|tag $L", DO_LABEL, DO_NOTHING}, {"with a star", DO_STAR, DO_NOTHING},
};

const struct rule_forms rules_commands = {commands, COUNT(commands)};
const struct rule_forms rules_wishes = {wishes, COUNT(wishes)};
const struct rule_forms rules_predicates = {predicates, COUNT(predicates)};
const struct rule_forms rules_active = {active, COUNT(active)};
const struct rule_forms rules_additions = {additions, COUNT(additions)};
