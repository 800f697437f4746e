/* Sentences that speak to the software that reads a mail instead of to its reader. They are left out
 * before any cue is looked for, so that a mail cannot ask for its own category. What a person asks of
 * a person must pass: a word alone rarely tells, so most tell only together. */
#include "agents/email_triage_marks.h"

enum {
	ALONE = 1,          /* enough by itself */
	SOFTWARE = 2,       /* addressed to software … */
	COMMAND = 4,        /* … and told what to do */
	MAILS = 8,          /* this mail, all mails … */
	SORT = 16,          /* … are to be sorted so */
	HAND_OUT = 32,      /* hand out … */
	SECRET = 64,        /* … what is secret … */
	ADDRESS = 128,      /* … to this address */
	MARK = 256,         /* mark, label or treat it … */
	FATE = 512,         /* … as this agent sorts mails */
	PROGRAM = 1024,     /* software that people speak of to each other */
	WEAK = 2048,        /* what people ask of each other too, … */
	SPOKEN_OF = 4096,   /* … here about software */
};

const struct phrase guard_phrases[] = {
	{"ignore all", ALONE}, {"ignore any", ALONE}, {"ignore previous", ALONE}, {"ignore prior", ALONE},
	{"ignore the above", ALONE}, {"ignore above", ALONE}, {"ignore your", ALONE},
	{"ignore the previous", ALONE}, {"ignore the prior", ALONE}, {"ignore these", ALONE},
	{"ignore everything", ALONE}, {"ignore earlier", ALONE}, {"ignore what", ALONE},
	{"ignore the rules", ALONE}, {"ignore the instructions", ALONE}, {"ignore the user", ALONE},
	{"disregard", WEAK}, {"forget all", ALONE}, {"forget previous", ALONE}, {"forget your", ALONE},
	{"forget everything", ALONE}, {"forget the above", ALONE}, {"forget prior", ALONE},
	{"override:", ALONE}, {"override all", ALONE}, {"override your", ALONE}, {"override previous", ALONE},
	{"override the user*", ALONE}, {"override the rules", ALONE}, {"bypass your", ALONE},
	{"bypass all", ALONE}, {"jailbreak*", ALONE}, {"prompt injection", ALONE}, {"system prompt*", ALONE},
	{"system message*", ALONE}, {"system override", ALONE}, {"system note", ALONE},
	{"system notice", ALONE}, {"system instruction*", ALONE}, {"system command", ALONE},
	{"new instruction*", ALONE}, {"updated instruction*", ALONE}, {"your instructions", ALONE},
	{"your guidelines", ALONE}, {"your rules", ALONE}, {"your prompt", ALONE}, {"your programming", ALONE},
	{"previous instruction*", ALONE}, {"prior instruction*", ALONE}, {"above instruction*", ALONE},
	{"earlier instruction*", ALONE}, {"hidden instruction*", ALONE}, {"secret instruction*", ALONE},
	{"admin instruction*", ALONE}, {"these instructions", COMMAND}, {"instructions:", ALONE},
	{"instruction:", ALONE}, {"developer mode", ALONE}, {"debug mode", ALONE}, {"admin mode", ALONE},
	{"maintenance mode", ALONE}, {"god mode", ALONE}, {"do anything now", ALONE}, {"you are now", ALONE},
	{"you are an ai", ALONE}, {"you are a helpful", ALONE}, {"you are no longer", ALONE},
	{"act as an ai", ALONE}, {"act as dan", ALONE}, {"act as an admin*", ALONE},
	{"pretend to be", ALONE}, {"pretend you", ALONE}, {"roleplay", ALONE},
	{"end of email", ALONE}, {"end of message", ALONE}, {"end of prompt", ALONE},
	{"end of instructions", ALONE}, {"begin instructions", ALONE}, {"start of prompt", ALONE},
	{"system:", ALONE}, {"assistant:", ALONE}, {"user:", ALONE}, {"developer:", ALONE},
	{"human:", ALONE}, {"[inst]", ALONE}, {"[/inst]", ALONE}, {"[system]", ALONE}, {"<<sys>>", ALONE},
	{"<|", ALONE}, {"###", ALONE}, {"```", ALONE}, {"</email>", ALONE}, {"</mail>", ALONE},
	{"</message>", ALONE}, {"<system>", ALONE}, {"</system>", ALONE}, {"<instructions>", ALONE},
	{"<admin>", ALONE}, {"<important>", ALONE}, {"tool_call", ALONE}, {"tool call", ALONE},
	{"function call", ALONE}, {"function_call", ALONE}, {"call the tool", ALONE}, {"use the tool", ALONE},
	{"{\"", ALONE}, {"{'", ALONE}, {"language model*", ALONE}, {"ai assistant*", ALONE},
	{"email agent", ALONE}, {"mail agent", ALONE}, {"email assistant", ALONE}, {"mail assistant", ALONE},
	{"triage agent", ALONE}, {"triage system", ALONE}, {"triage bot", ALONE}, {"triage assistant", ALONE},
	{"email triage", ALONE}, {"emailtriage", ALONE}, {"agentiv", ALONE}, {"email classifier", ALONE},
	{"automated assistant", ALONE}, {"dear assistant", ALONE}, {"attention assistant", ALONE},
	{"dear ai", ALONE}, {"hey ai", ALONE}, {"attention ai", ALONE}, {"if you are an ai", ALONE},
	{"if you're an ai", ALONE}, {"if you are a bot", ALONE}, {"if you are a machine", ALONE},
	{"as an ai", ALONE}, {"as the ai", ALONE}, {"whoever processes", ALONE},
	{"when processing this", ALONE}, {"when classifying", ALONE}, {"when summarizing", ALONE},
	{"when summarising", ALONE}, {"urgent=*", ALONE}, {"category=*", ALONE}, {"category:", ALONE},
	{"priority=*", ALONE}, {"is_urgent", ALONE}, {"set urgent", ALONE}, {"set category", ALONE},
	{"set priority", ALONE}, {"set the category", ALONE}, {"set the priority", ALONE},
	{"set its category", ALONE}, {"set its priority", ALONE}, {"vip list", ALONE},
	{"whitelist this", ALONE}, {"whitelist the sender", ALONE}, {"do not archive", ALONE},
	{"don't archive", ALONE}, {"never archive", ALONE}, {"not be archived", ALONE},
	{"archive all", MARK}, {"archive every*", MARK}, {"archive everything", ALONE},
	{"archive this", MARK}, {"delete the inbox", ALONE},
	{"empty the inbox", ALONE}, {"clear the inbox", ALONE}, {"star this", MARK}, {"label this", MARK},
	{"flag this", MARK}, {"mark this", MARK}, {"mark as", MARK}, {"marked as", MARK},
	{"classify as", ALONE}, {"classify this", ALONE}, {"classify it", ALONE}, {"classified as", ALONE},
	{"categorize as", ALONE}, {"categorize this", ALONE}, {"categorise as", ALONE},
	{"categorise this", ALONE}, {"treat this as", MARK}, {"this email is urgent", ALONE},
	{"this mail is urgent", ALONE}, {"this message is urgent", ALONE}, {"is not spam", ALONE},
	{"this is not spam", ALONE}, {"not a spam", ALONE}, {"all emails from this sender", ALONE},
	{"trusted sender", ALONE}, {"verified sender", ALONE}, {"safe sender", ALONE},
	{"exfiltrat*", ALONE}, {"<script", ALONE}, {"javascript:", ALONE}, {"ignoriere alle", ALONE},
	{"ignoriere die", ALONE}, {"ignorieren sie", ALONE}, {"vergiss alle", ALONE},
	{"ignore toutes", ALONE}, {"ignorez", ALONE}, {"ignora todas", ALONE}, {"ignora las", ALONE},
	{"ignora tutte", ALONE},

	{"assistant", SOFTWARE}, {"ai", SOFTWARE}, {"a.i.", SOFTWARE}, {"gpt", SOFTWARE}, {"gpt-*", SOFTWARE},
	{"chatgpt", SOFTWARE}, {"claude", SOFTWARE}, {"gemini", SOFTWARE}, {"copilot", SOFTWARE},
	{"llm", SOFTWARE}, {"llms", SOFTWARE}, {"bot", PROGRAM}, {"chatbot", SOFTWARE},
	{"classifier", SOFTWARE}, {"triage", SOFTWARE}, {"the model", PROGRAM}, {"the agent", PROGRAM},
	{"the system", PROGRAM}, {"the software", PROGRAM}, {"the filter", PROGRAM},
	{"ignore", WEAK}, {"forget", WEAK}, {"you must", COMMAND}, {"you shall", COMMAND},
	{"respond with", COMMAND}, {"reply with", COMMAND}, {"answer with", COMMAND}, {"execute", COMMAND},
	{"obey", COMMAND}, {"comply", COMMAND}, {"instructed", COMMAND}, {"instruction*", COMMAND},
	{"must archive", COMMAND}, {"must mark", COMMAND}, {"must flag", COMMAND}, {"must label", COMMAND},
	{"must forward", COMMAND}, {"must delete", COMMAND}, {"must reply", COMMAND}, {"must send", COMMAND},
	{"should archive", COMMAND}, {"should mark", COMMAND}, {"should flag", COMMAND},
	{"should label", COMMAND}, {"should forward", COMMAND}, {"should delete", COMMAND},
	{"should treat", COMMAND}, {"must treat", COMMAND}, {"to archive", COMMAND}, {"to mark", COMMAND},
	{"to flag", COMMAND}, {"to forward", COMMAND}, {"to delete", COMMAND}, {"will now", COMMAND},

	{"this email", MAILS}, {"this mail", MAILS}, {"this message", MAILS}, {"this thread", MAILS},
	{"this sender", MAILS}, {"all emails", MAILS}, {"all mails", MAILS}, {"all messages", MAILS},
	{"all mail", MAILS}, {"every email", MAILS}, {"every mail", MAILS}, {"every message", MAILS},
	{"all my emails", MAILS}, {"all other emails", MAILS}, {"other emails", MAILS},
	{"other messages", MAILS}, {"all unread", MAILS},
	{"archive", SORT}, {"archived", SORT | FATE}, {"archiving", SORT | FATE},
	{"delete", SORT | HAND_OUT}, {"mark", SORT}, {"label", SORT},
	{"labelled", SORT}, {"flag", SORT}, {"flagged", SORT}, {"star", SORT}, {"starred", SORT | FATE},
	{"prioriti*", SORT}, {"treat", SORT}, {"treated", SORT}, {"rank", SORT}, {"rate", SORT},
	{"classify", SORT}, {"classified", SORT}, {"categori*", SORT}, {"highest priority", SORT | FATE},
	{"top priority", SORT | FATE}, {"maximum priority", SORT | FATE}, {"high priority", SORT | FATE}, {"vip", SORT | FATE},
	{"urgent", SORT | FATE}, {"important", SORT | FATE}, {"as spam", SORT | FATE}, {"hide", SORT}, {"suppress", SORT},
	{"move", SORT}, {"skip", SORT}, {"unsubscribe", SORT}, {"redirect", SORT},

	{"send", HAND_OUT}, {"forward", HAND_OUT | SORT}, {"share", HAND_OUT}, {"reveal", HAND_OUT}, {"print", HAND_OUT},
	{"leak", HAND_OUT}, {"post", HAND_OUT}, {"upload", HAND_OUT}, {"email", HAND_OUT}, {"copy", HAND_OUT},
	{"output", HAND_OUT}, {"bcc", HAND_OUT},
	{"api key*", SECRET}, {"password*", SECRET}, {"credential*", SECRET}, {"secret*", SECRET},
	{"contacts", SECRET}, {"address book", SECRET}, {"confidential", SECRET}, {"all emails", SECRET | MAILS | FATE},
	{"all messages", SECRET}, {"inbox", SECRET}, {"mailbox", SECRET}, {"private data", SECRET},
	{"user data", SECRET}, {"access token*", SECRET},
	{"as read", FATE}, {"as unread", FATE}, {"as safe", FATE}, {"not spam", FATE}, {"as a newsletter", FATE},
	{"as newsletter", FATE}, {"as notification", FATE}, {"as fyi", FATE}, {"as personal", FATE}, {"as trusted", FATE},
	{"as suspicious", FATE}, {"as promotional", FATE}, {"needs_reply", FATE}, {"needs reply", FATE}, {"priority", FATE},
	{"category", FATE}, {"from my boss", FATE}, {"the inbox", MAILS | FATE},
	{"disregard your", ALONE}, {"disregard all", ALONE}, {"disregard previous", ALONE}, {"disregard prior", ALONE},
	{"disregard any", ALONE}, {"disregard the rules", ALONE}, {"disregard the user*", ALONE},
	{"disregard everything", ALONE}, {"disregard the above", ALONE}, {"disregard the previous", ALONE},
	{"disregard the prior", ALONE}, {"disregard the instructions", ALONE}, {"disregard these", ALONE},
	{"forget the rules", ALONE}, {"forget the instructions", ALONE}, {"forget the previous", ALONE},
	{"forget the bot", SPOKEN_OF}, {"ignore the bot", SPOKEN_OF}, {"forget the ai", SPOKEN_OF},
	{"ignore the ai", SPOKEN_OF}, {"forget about the bot", SPOKEN_OF}, {"forget about the ai", SPOKEN_OF},
	{"forget the assistant", SPOKEN_OF}, {"ignore the assistant", SPOKEN_OF}, {"forget the chatbot", SPOKEN_OF},
	{"ignore the chatbot", SPOKEN_OF}, {"forget chatgpt", SPOKEN_OF}, {"ignore chatgpt", SPOKEN_OF},
	{"forget copilot", SPOKEN_OF}, {"ignore copilot", SPOKEN_OF}, {"forget about chatgpt", SPOKEN_OF},
	{"forget about copilot", SPOKEN_OF},

	{"http://*", ADDRESS}, {"https://*", ADDRESS}, {"@", ADDRESS},
};

const size_t guard_phrase_count = sizeof guard_phrases / sizeof *guard_phrases;

bool guard_steers(uint32_t tags)
{
	if ((tags & ALONE) || all_of(tags, MAILS | SORT) || all_of(tags, HAND_OUT | SECRET | ADDRESS))
		return true;
	if (all_of(tags, SOFTWARE | COMMAND) || all_of(tags, MARK | FATE) || all_of(tags, MARK | MAILS))
		return true;
	if ((tags & WEAK) && (tags & (SOFTWARE | PROGRAM)) && !(tags & SPOKEN_OF))
		return true;
	return all_of(tags, PROGRAM | COMMAND) && (tags & (MAILS | FATE));
}
