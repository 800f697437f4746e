/* Cue phrases (after the speech acts of Cohen, Carvalho and Mitchell 2004) in English, with the most
 * frequent German, French, Spanish and Hindi ones. Lower case, matched at word boundaries. */
#include "agents/email_triage_cues.h"

#include <pthread.h>
#include <string.h>

static const struct phrase phrases[] = {
	/* asks the reader to do something */
	{"can you", CUE_REQUEST}, {"could you", CUE_REQUEST}, {"would you", CUE_REQUEST},
	{"will you", CUE_REQUEST}, {"can u", CUE_REQUEST}, {"are you able to", CUE_REQUEST},
	{"would it be possible", CUE_REQUEST}, {"is it possible for you", CUE_REQUEST},
	{"do you mind", CUE_REQUEST}, {"would you mind", CUE_REQUEST}, {"need you to", CUE_REQUEST},
	{"need your", CUE_REQUEST}, {"needs your", CUE_REQUEST}, {"i need the", CUE_REQUEST}, {"we need the", CUE_REQUEST},
	{"i need a ", CUE_REQUEST}, {"want you to", CUE_REQUEST}, {"would like you to", CUE_REQUEST},
	{"i'd like you to", CUE_REQUEST}, {"let me know", CUE_REQUEST}, {"let us know", CUE_REQUEST},
	{"get back to me", CUE_REQUEST}, {"get back to us", CUE_REQUEST}, {"waiting for your", CUE_REQUEST},
	{"waiting on your", CUE_REQUEST}, {"awaiting your", CUE_REQUEST}, {"look forward to your reply", CUE_REQUEST},
	{"looking forward to your reply", CUE_REQUEST}, {"looking forward to hearing", CUE_REQUEST},
	{"your thoughts", CUE_REQUEST}, {"your feedback", CUE_REQUEST}, {"your opinion", CUE_REQUEST},
	{"your input on", CUE_REQUEST}, {"your approval", CUE_REQUEST}, {"your confirmation", CUE_REQUEST},
	{"i would appreciate", CUE_REQUEST}, {"we would appreciate", CUE_REQUEST}, {"i'd appreciate", CUE_REQUEST},
	{"would be grateful", CUE_REQUEST}, {"be sure to", CUE_REQUEST}, {"make sure you", CUE_REQUEST},
	{"don't forget to", CUE_REQUEST}, {"remember to", CUE_REQUEST}, {"rsvp", CUE_REQUEST},
	{"send me", CUE_REQUEST}, {"send us", CUE_REQUEST}, {"give me", CUE_REQUEST}, {"call me", CUE_REQUEST},
	{"tell me", CUE_REQUEST}, {"remind me", CUE_REQUEST}, {"kindly", CUE_REQUEST},
	{"you need to", CUE_REQUEST}, {"you should", CUE_POLITE}, {"you must", CUE_POLITE},
	{"action required", CUE_REQUEST}, {"reply needed", CUE_REQUEST}, {"response needed", CUE_REQUEST},
	{"please", CUE_POLITE}, {"pls", CUE_POLITE}, {"plz", CUE_POLITE},
	{"könntest du", CUE_REQUEST}, {"könnten sie", CUE_REQUEST}, {"kannst du", CUE_REQUEST},
	{"können sie", CUE_REQUEST}, {"würden sie", CUE_REQUEST}, {"würdest du", CUE_REQUEST},
	{"wären sie so", CUE_REQUEST}, {"bitte", CUE_POLITE}, {"um rückmeldung", CUE_REQUEST},
	{"um antwort", CUE_REQUEST}, {"geben sie mir", CUE_REQUEST}, {"gib mir", CUE_REQUEST},
	{"sag mir", CUE_REQUEST}, {"wir bitten", CUE_REQUEST}, {"ich bitte", CUE_REQUEST},
	{"pouvez-vous", CUE_REQUEST}, {"pourriez-vous", CUE_REQUEST}, {"peux-tu", CUE_REQUEST},
	{"pourrais-tu", CUE_REQUEST}, {"merci de", CUE_REQUEST}, {"s'il vous plaît", CUE_POLITE},
	{"s'il te plaît", CUE_POLITE}, {"veuillez", CUE_REQUEST},
	{"puedes", CUE_REQUEST}, {"podrías", CUE_REQUEST}, {"podría", CUE_REQUEST}, {"puede usted", CUE_REQUEST},
	{"por favor", CUE_POLITE}, {"necesito que", CUE_REQUEST},
	{"कृपया", CUE_REQUEST}, {"भेज दें", CUE_REQUEST}, {"भेज दीजिए", CUE_REQUEST}, {"भेजें", CUE_REQUEST},
	{"बता दें", CUE_REQUEST}, {"बताइए", CUE_REQUEST}, {"बताएं", CUE_REQUEST}, {"क्या आप", CUE_REQUEST},
	{"kripya", CUE_REQUEST},

	/* something is broken */
	{"outage", CUE_OUTAGE}, {"is down", CUE_OUTAGE}, {"are down", CUE_OUTAGE}, {"went down", CUE_OUTAGE},
	{"site down", CUE_OUTAGE}, {"server down", CUE_OUTAGE}, {"down for", CUE_OUTAGE}, {"production down", CUE_OUTAGE},
	{"is offline", CUE_OUTAGE}, {"are offline", CUE_OUTAGE}, {"not responding", CUE_OUTAGE},
	{"service disruption", CUE_OUTAGE}, {"sev1", CUE_OUTAGE}, {"sev-1", CUE_OUTAGE}, {"sev 1", CUE_OUTAGE},
	{"p1 incident", CUE_OUTAGE}, {"major incident", CUE_OUTAGE}, {"critical incident", CUE_OUTAGE},
	{"security breach", CUE_OUTAGE}, {"data breach", CUE_OUTAGE}, {"data loss", CUE_OUTAGE},
	{"ransomware", CUE_OUTAGE}, {"[critical]", CUE_OUTAGE}, {"critical alert", CUE_OUTAGE}, {"critical:", CUE_OUTAGE},
	{"cannot log in", CUE_OUTAGE}, {"customers cannot", CUE_OUTAGE}, {"customers can't", CUE_OUTAGE},
	{"customers are unable", CUE_OUTAGE}, {"nobody can", CUE_OUTAGE}, {"checkout is broken", CUE_OUTAGE},
	{"ausfall", CUE_OUTAGE}, {"ausgefallen", CUE_OUTAGE}, {"nicht erreichbar", CUE_OUTAGE}, {"panne", CUE_OUTAGE},

	{"urgent", CUE_URGENT}, {"urgently", CUE_URGENT}, {"asap", CUE_URGENT}, {"a.s.a.p", CUE_URGENT},
	{"as soon as possible", CUE_URGENT}, {"immediately", CUE_URGENT}, {"right away", CUE_URGENT},
	{"right now", CUE_URGENT}, {"emergency", CUE_URGENT}, {"time critical", CUE_URGENT},
	{"time-critical", CUE_URGENT}, {"time sensitive", CUE_URGENT}, {"time-sensitive", CUE_URGENT},
	{"high priority", CUE_URGENT}, {"top priority", CUE_URGENT}, {"critical issue", CUE_URGENT},
	{"without delay", CUE_URGENT}, {"dringend", CUE_URGENT}, {"sofort", CUE_URGENT}, {"eilig", CUE_URGENT},
	{"umgehend", CUE_URGENT}, {"so schnell wie möglich", CUE_URGENT}, {"schnellstmöglich", CUE_URGENT},
	{"urgente", CUE_URGENT}, {"urgence", CUE_URGENT}, {"dès que possible", CUE_URGENT},
	{"lo antes posible", CUE_URGENT}, {"तुरंत", CUE_URGENT}, {"जल्द से जल्द", CUE_URGENT}, {"अत्यावश्यक", CUE_URGENT},

	{"second reminder", CUE_ESCALATION}, {"final reminder", CUE_ESCALATION}, {"last reminder", CUE_ESCALATION},
	{"third time", CUE_ESCALATION}, {"still no answer", CUE_ESCALATION}, {"still no reply", CUE_ESCALATION},
	{"no response", CUE_ESCALATION}, {"still waiting", CUE_ESCALATION}, {"losing money", CUE_ESCALATION},
	{"losing customers", CUE_ESCALATION}, {"losing orders", CUE_ESCALATION}, {"escalat*", CUE_ESCALATION},
	{"unacceptable", CUE_ESCALATION}, {"cancel our contract", CUE_ESCALATION}, {"legal action", CUE_ESCALATION},
	{"following up on my", CUE_ESCALATION}, {"we are blocked", CUE_ESCALATION}, {"i am blocked", CUE_ESCALATION},
	{"i'm blocked", CUE_ESCALATION}, {"we're blocked", CUE_ESCALATION},

	{"fyi", CUE_NO_ACTION}, {"for your information", CUE_NO_ACTION}, {"for your records", CUE_NO_ACTION},
	{"no action", CUE_NO_ACTION}, {"no reply needed", CUE_NO_ACTION}, {"no need to reply", CUE_NO_ACTION},
	{"no need to respond", CUE_NO_ACTION}, {"nothing to do", CUE_NO_ACTION}, {"just to let you know", CUE_NO_ACTION},
	{"just letting you know", CUE_NO_ACTION}, {"zur info", CUE_NO_ACTION}, {"zur kenntnis", CUE_NO_ACTION},

	{"sale", CUE_PROMO}, {"discount*", CUE_PROMO}, {"coupon*", CUE_PROMO}, {"promo code", CUE_PROMO},
	{"promotion", CUE_PROMO}, {"special offer", CUE_PROMO}, {"exclusive offer", CUE_PROMO}, {"offer ends", CUE_PROMO},
	{"offers", CUE_PROMO}, {"limited time", CUE_PROMO}, {"limited-time", CUE_PROMO}, {"last chance", CUE_PROMO},
	{"ends tonight", CUE_PROMO}, {"ends today", CUE_PROMO}, {"free shipping", CUE_PROMO}, {"shop now", CUE_PROMO},
	{"buy now", CUE_PROMO}, {"order now", CUE_PROMO}, {"save up to", CUE_PROMO}, {"% off", CUE_PROMO},
	{"deal", CUE_PROMO}, {"deals", CUE_PROMO}, {"best price", CUE_PROMO}, {"clearance", CUE_PROMO},
	{"black friday", CUE_PROMO}, {"cyber monday", CUE_PROMO}, {"gift card", CUE_PROMO}, {"voucher", CUE_PROMO},
	{"free trial", CUE_PROMO}, {"upgrade now", CUE_PROMO}, {"upgrade today", CUE_PROMO}, {"new arrivals", CUE_PROMO},
	{"new collection", CUE_PROMO}, {"while stocks last", CUE_PROMO}, {"don't miss", CUE_PROMO},
	{"claim your", CUE_PROMO}, {"rewards", CUE_PROMO}, {"cashback", CUE_PROMO}, {"rabatt", CUE_PROMO},
	{"angebot", CUE_PROMO}, {"angebote", CUE_PROMO}, {"gutschein", CUE_PROMO}, {"schnäppchen", CUE_PROMO},
	{"jetzt kaufen", CUE_PROMO}, {"jetzt sichern", CUE_PROMO}, {"soldes", CUE_PROMO}, {"oferta", CUE_PROMO},

	{"newsletter", CUE_NEWS}, {"weekly digest", CUE_NEWS}, {"daily digest", CUE_NEWS}, {"digest", CUE_NEWS},
	{"this week in", CUE_NEWS}, {"weekly roundup", CUE_NEWS}, {"roundup", CUE_NEWS}, {"in this issue", CUE_NEWS},
	{"this week's issue", CUE_NEWS}, {"edition", CUE_NEWS}, {"top stories", CUE_NEWS}, {"headlines", CUE_NEWS},
	{"read more", CUE_NEWS}, {"read the full", CUE_NEWS}, {"read online", CUE_NEWS}, {"editor's note", CUE_NEWS},
	{"what we're reading", CUE_NEWS}, {"subscriber*", CUE_NEWS}, {"published", CUE_NEWS}, {"briefing", CUE_NEWS},
	{"ausgabe", CUE_NEWS}, {"weiterlesen", CUE_NEWS}, {"rundbrief", CUE_NEWS},

	{"your order", CUE_TRANSACTION}, {"order confirmation", CUE_TRANSACTION}, {"has shipped", CUE_TRANSACTION},
	{"has been shipped", CUE_TRANSACTION}, {"out for delivery", CUE_TRANSACTION}, {"was delivered", CUE_TRANSACTION},
	{"been delivered", CUE_TRANSACTION}, {"tracking number", CUE_TRANSACTION}, {"your receipt", CUE_TRANSACTION},
	{"receipt", CUE_TRANSACTION}, {"payment received", CUE_TRANSACTION}, {"we received your payment", CUE_TRANSACTION},
	{"your invoice", CUE_TRANSACTION}, {"invoice", CUE_TRANSACTION}, {"your statement", CUE_TRANSACTION},
	{"your booking", CUE_TRANSACTION}, {"booking confirmation", CUE_TRANSACTION}, {"your subscription", CUE_TRANSACTION},
	{"your account", CUE_TRANSACTION}, {"your ticket", CUE_TRANSACTION}, {"your reservation", CUE_TRANSACTION},
	{"bestellbestätigung", CUE_TRANSACTION}, {"ihre bestellung", CUE_TRANSACTION}, {"rechnung", CUE_TRANSACTION},
	{"sendungsverfolgung", CUE_TRANSACTION}, {"facture", CUE_TRANSACTION}, {"factura", CUE_TRANSACTION},

	{"new sign-in", CUE_SECURITY}, {"new login", CUE_SECURITY}, {"signed in to", CUE_SECURITY},
	{"password reset", CUE_SECURITY}, {"reset your password", CUE_SECURITY}, {"verification code", CUE_SECURITY},
	{"security code", CUE_SECURITY}, {"one-time code", CUE_SECURITY}, {"one-time password", CUE_SECURITY},
	{"security alert", CUE_SECURITY}, {"two-factor", CUE_SECURITY}, {"was added to your account", CUE_SECURITY},
	{"confirm your email", CUE_SECURITY}, {"vulnerabilit*", CUE_SECURITY}, {"ssh key", CUE_SECURITY},

	{"payment due", CUE_PAYMENT_DUE}, {"due date", CUE_PAYMENT_DUE}, {"amount due", CUE_PAYMENT_DUE},
	{"balance due", CUE_PAYMENT_DUE}, {"is due on", CUE_PAYMENT_DUE}, {"payable by", CUE_PAYMENT_DUE},
	{"overdue", CUE_PAYMENT_DUE}, {"past due", CUE_PAYMENT_DUE}, {"payment failed", CUE_PAYMENT_DUE},
	{"card was declined", CUE_PAYMENT_DUE}, {"card expires", CUE_PAYMENT_DUE}, {"pay by", CUE_PAYMENT_DUE},
	{"zahlbar bis", CUE_PAYMENT_DUE}, {"fällig am", CUE_PAYMENT_DUE}, {"mahnung", CUE_PAYMENT_DUE},
	{"zahlungserinnerung", CUE_PAYMENT_DUE},

	{"build failed", CUE_BUILD}, {"build passed", CUE_BUILD}, {"build succeeded", CUE_BUILD},
	{"run failed", CUE_BUILD}, {"tests failed", CUE_BUILD}, {"pipeline", CUE_BUILD}, {"workflow run", CUE_BUILD},
	{"pull request", CUE_BUILD}, {"merge request", CUE_BUILD}, {"merged", CUE_BUILD}, {"deployment", CUE_BUILD},
	{"commit", CUE_BUILD}, {"commits", CUE_BUILD}, {"opened an issue", CUE_BUILD}, {"backup completed", CUE_BUILD},
	{"cron", CUE_BUILD}, {"monitoring", CUE_BUILD}, {"has recovered", CUE_BUILD}, {"job", CUE_BUILD},

	{"commented on", CUE_SOCIAL}, {"mentioned you", CUE_SOCIAL}, {"replied to your", CUE_SOCIAL},
	{"liked your", CUE_SOCIAL}, {"started following", CUE_SOCIAL}, {"followed you", CUE_SOCIAL},
	{"wants to connect", CUE_SOCIAL}, {"invitation to connect", CUE_SOCIAL}, {"sent you a message", CUE_SOCIAL},
	{"shared a document", CUE_SOCIAL}, {"tagged you", CUE_SOCIAL}, {"new follower*", CUE_SOCIAL},
	{"assigned to you", CUE_SOCIAL}, {"assigned you", CUE_SOCIAL}, {"viewed your profile", CUE_SOCIAL},

	/* a notification that should not vanish from the inbox */
	{"action required", CUE_ACTION}, {"requires your attention", CUE_ACTION}, {"needs your attention", CUE_ACTION},
	{"your review is requested", CUE_ACTION}, {"requested your review", CUE_ACTION}, {"review requested", CUE_ACTION},
	{"assigned to you", CUE_ACTION}, {"assigned you", CUE_ACTION}, {"mentioned you", CUE_ACTION},
	{"will expire", CUE_ACTION}, {"expires in", CUE_ACTION}, {"expires on", CUE_ACTION}, {"is expiring", CUE_ACTION},
	{"has expired", CUE_ACTION}, {"was canceled", CUE_ACTION}, {"was cancelled", CUE_ACTION},
	{"has been canceled", CUE_ACTION}, {"has been cancelled", CUE_ACTION}, {"rescheduled", CUE_ACTION},
	{"delivery failed", CUE_ACTION}, {"undeliverable", CUE_ACTION}, {"could not be delivered", CUE_ACTION},
	{"please sign", CUE_ACTION}, {"signature requested", CUE_ACTION}, {"waiting for your", CUE_ACTION},
	{"check-in", CUE_ACTION}, {"your flight", CUE_ACTION}, {"your appointment", CUE_ACTION},
	{"gate change", CUE_ACTION}, {"build failed", CUE_ACTION}, {"run failed", CUE_ACTION},

	{"viagra", CUE_SPAM}, {"cialis", CUE_SPAM}, {"weight loss", CUE_SPAM}, {"lose weight", CUE_SPAM},
	{"pharmacy", CUE_SPAM}, {"no prescription", CUE_SPAM}, {"casino", CUE_SPAM}, {"online gambling", CUE_SPAM},
	{"work from home", CUE_SPAM}, {"work at home", CUE_SPAM}, {"make money", CUE_SPAM}, {"earn money", CUE_SPAM},
	{"extra income", CUE_SPAM}, {"financial freedom", CUE_SPAM}, {"get rich", CUE_SPAM}, {"be your own boss", CUE_SPAM},
	{"home based business", CUE_SPAM}, {"home-based business", CUE_SPAM}, {"business opportunity", CUE_SPAM},
	{"multi-level", CUE_SPAM}, {"mlm", CUE_SPAM}, {"risk free", CUE_SPAM}, {"risk-free", CUE_SPAM},
	{"100% free", CUE_SPAM}, {"absolutely free", CUE_SPAM}, {"100% guaranteed", CUE_SPAM},
	{"satisfaction guaranteed", CUE_SPAM}, {"money back guarantee", CUE_SPAM}, {"no obligation", CUE_SPAM},
	{"no cost to you", CUE_SPAM}, {"act now", CUE_SPAM}, {"act today", CUE_SPAM}, {"call now", CUE_SPAM},
	{"click here", CUE_SPAM}, {"toll free", CUE_SPAM}, {"toll-free", CUE_SPAM}, {"hot stock", CUE_SPAM},
	{"penny stock", CUE_SPAM}, {"stock pick", CUE_SPAM}, {"mortgage", CUE_SPAM}, {"refinance", CUE_SPAM},
	{"lowest rates", CUE_SPAM}, {"interest rates", CUE_SPAM}, {"bad credit", CUE_SPAM}, {"no credit check", CUE_SPAM},
	{"consolidate", CUE_SPAM}, {"debt free", CUE_SPAM}, {"life insurance", CUE_SPAM}, {"xxx", CUE_SPAM},
	{"adult site*", CUE_SPAM}, {"hot girls", CUE_SPAM}, {"porn*", CUE_SPAM}, {"enlarge*", CUE_SPAM},
	{"hair loss", CUE_SPAM}, {"anti-aging", CUE_SPAM}, {"university diploma*", CUE_SPAM}, {"herbal", CUE_SPAM},
	{"bulk email", CUE_SPAM}, {"email addresses", CUE_SPAM}, {"email marketing", CUE_SPAM}, {"opt-in", CUE_SPAM},
	{"million emails", CUE_SPAM}, {"dear friend", CUE_SPAM}, {"dear sir/madam", CUE_SPAM}, {"you have been selected", CUE_SPAM},
	{"you've been selected", CUE_SPAM}, {"you are a winner", CUE_SPAM}, {"you have won", CUE_SPAM},
	{"you won", CUE_SPAM}, {"congratulations", CUE_SPAM}, {"claim your prize", CUE_SPAM}, {"free gift", CUE_SPAM},
	{"free quote", CUE_SPAM}, {"per week", CUE_SPAM}, {"per month guaranteed", CUE_SPAM}, {"limited offer", CUE_SPAM},
	{"amazing", CUE_SPAM}, {"once in a lifetime", CUE_SPAM}, {"guaranteed", CUE_SPAM}, {"double your", CUE_SPAM},
	{"crypto investment", CUE_SPAM}, {"bitcoin profit*", CUE_SPAM}, {"guest post*", CUE_SPAM}, {"backlink*", CUE_SPAM},
	{"seo services", CUE_SPAM}, {"rank on google", CUE_SPAM}, {"first page of google", CUE_SPAM},

	{"next of kin", CUE_ADVANCE_FEE}, {"million dollars", CUE_ADVANCE_FEE}, {"million us dollars", CUE_ADVANCE_FEE},
	{"million united states dollars", CUE_ADVANCE_FEE}, {"us$", CUE_ADVANCE_FEE}, {"inheritance", CUE_ADVANCE_FEE},
	{"lottery", CUE_ADVANCE_FEE}, {"beneficiary", CUE_ADVANCE_FEE}, {"transfer of the funds", CUE_ADVANCE_FEE},
	{"transfer the funds", CUE_ADVANCE_FEE}, {"foreign account", CUE_ADVANCE_FEE}, {"late president", CUE_ADVANCE_FEE},
	{"late husband", CUE_ADVANCE_FEE}, {"strictly confidential", CUE_ADVANCE_FEE}, {"utmost confidence", CUE_ADVANCE_FEE},
	{"barrister", CUE_ADVANCE_FEE}, {"security company", CUE_ADVANCE_FEE}, {"unclaimed", CUE_ADVANCE_FEE},
	{"widow", CUE_ADVANCE_FEE}, {"nigeria*", CUE_ADVANCE_FEE}, {"percent of the total", CUE_ADVANCE_FEE},

	{"to be removed", CUE_REMOVE}, {"remove in the subject", CUE_REMOVE}, {"remove in subject", CUE_REMOVE},
	{"removed from our", CUE_REMOVE}, {"removed from this list", CUE_REMOVE}, {"removed from future", CUE_REMOVE},
	{"remove yourself", CUE_REMOVE}, {"removal instructions", CUE_REMOVE}, {"sent in compliance", CUE_REMOVE},
	{"never send unsolicited", CUE_REMOVE}, {"this is a one time", CUE_REMOVE}, {"this is a one-time", CUE_REMOVE},
	{"s. 1618", CUE_REMOVE}, {"section 301", CUE_REMOVE}, {"wish to be removed", CUE_REMOVE},
	{"stop further", CUE_REMOVE}, {"stop receiving", CUE_REMOVE},

	{"verify your account", CUE_CREDENTIALS}, {"verify your identity", CUE_CREDENTIALS},
	{"verify your information", CUE_CREDENTIALS}, {"confirm your account", CUE_CREDENTIALS},
	{"confirm your identity", CUE_CREDENTIALS}, {"confirm your password", CUE_CREDENTIALS},
	{"update your account", CUE_CREDENTIALS}, {"update your payment", CUE_CREDENTIALS},
	{"update your billing", CUE_CREDENTIALS}, {"validate your", CUE_CREDENTIALS}, {"log in to restore", CUE_CREDENTIALS},
	{"unusual activity", CUE_CREDENTIALS}, {"unusual sign-in", CUE_CREDENTIALS}, {"suspicious activity", CUE_CREDENTIALS},
	{"unauthorized access", CUE_CREDENTIALS}, {"re-activate your", CUE_CREDENTIALS}, {"reactivate your", CUE_CREDENTIALS},
	{"your password", CUE_CREDENTIALS}, {"mailbox is full", CUE_CREDENTIALS}, {"keep your password", CUE_CREDENTIALS},
	{"ihr konto bestätigen", CUE_CREDENTIALS}, {"ihre daten bestätigen", CUE_CREDENTIALS},

	{"will be suspended", CUE_THREAT}, {"has been suspended", CUE_THREAT}, {"has been limited", CUE_THREAT},
	{"has been locked", CUE_THREAT}, {"will be closed", CUE_THREAT}, {"will be deleted", CUE_THREAT},
	{"will be terminated", CUE_THREAT}, {"within 24 hours", CUE_THREAT}, {"within 48 hours", CUE_THREAT},
	{"permanently closed", CUE_THREAT}, {"account suspended", CUE_THREAT}, {"account limited", CUE_THREAT},
	{"wird gesperrt", CUE_THREAT}, {"wurde gesperrt", CUE_THREAT},

	{"gift cards", CUE_PAYMENT_DETAILS}, {"wire transfer", CUE_PAYMENT_DETAILS}, {"bank details", CUE_PAYMENT_DETAILS},
	{"new bank account", CUE_PAYMENT_DETAILS}, {"change of bank", CUE_PAYMENT_DETAILS},
	{"are you at your desk", CUE_PAYMENT_DETAILS}, {"are you available", CUE_PAYMENT_DETAILS},
	{"keep this between us", CUE_PAYMENT_DETAILS}, {"bitcoin wallet", CUE_PAYMENT_DETAILS},

	{"unsubscribe", CUE_UNSUBSCRIBE}, {"manage preferences", CUE_UNSUBSCRIBE}, {"email preferences", CUE_UNSUBSCRIBE},
	{"manage your subscription", CUE_UNSUBSCRIBE}, {"opt out", CUE_UNSUBSCRIBE}, {"abmelden", CUE_UNSUBSCRIBE},
	{"abbestellen", CUE_UNSUBSCRIBE}, {"se désabonner", CUE_UNSUBSCRIBE}, {"darse de baja", CUE_UNSUBSCRIBE},
	{"you are receiving this", CUE_UNSUBSCRIBE}, {"you received this email because", CUE_UNSUBSCRIBE},
	{"you're receiving this", CUE_UNSUBSCRIBE},
	{"view in browser", CUE_BROWSER}, {"view in your browser", CUE_BROWSER}, {"view online", CUE_BROWSER},
	{"view this email in", CUE_BROWSER}, {"view it in your browser", CUE_BROWSER}, {"im browser ansehen", CUE_BROWSER},

	{"deadline", CUE_DUE}, {"due", CUE_DUE},
};

static struct phrase_index phrase_ix;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void build(void)
{
	phrases_build(&phrase_ix, phrases, sizeof phrases / sizeof *phrases);
}

struct counting {
	struct cue_counts *out;
	const struct sentence *at;
	bool seen[PHRASES_MAX];
	unsigned requests, polite;     /* in this sentence; "please" and its like are polite */
};

static void note(void *ctx, const struct phrase *p, const char *at)
{
	struct counting *c = ctx;
	size_t i = (size_t)(p - phrases);

	if (c->at->subject)
		c->out->in_subject[p->tag]++;
	if (!c->seen[i])
		c->out->distinct[p->tag]++;
	c->seen[i] = true;
	c->requests += p->tag == CUE_REQUEST;
	c->polite += p->tag == CUE_POLITE;
}

/* Formulas take back a cue: "please find attached" asks for nothing, and neither does "let me know if you
 * have any questions". */
struct formula { const char *text; bool takes_request; };

static const struct formula formulas[] = {
	{"please find", false}, {"please see attached", false}, {"please see below", false},
	{"please note that", false}, {"please do not reply", false}, {"please don't reply", false},
	{"please feel free", false}, {"please do not hesitate", false}, {"please don't hesitate", false},
	{"please visit", false}, {"please click", false}, {"please consider the environment", false},
	{"please disregard", false}, {"please accept", false}, {"please contact us if", false},
	{"bitte nicht antworten", false}, {"bitte beachten", false}, {"zögern sie bitte nicht", false},
	{"let me know if you have any", true}, {"let me know if you need", true},
	{"let me know if there", true}, {"let us know if you have any", true}, {"let us know if you need", true},
	{"looking forward to hearing", true}, {"if you have any questions", false}, {"if you have questions", false},
};

/* Does the sentence ask for something, after what its formulas take back? */
static bool asks(const char *sentence, unsigned requests, unsigned polite)
{
	unsigned i;

	for (i = 0; i < sizeof formulas / sizeof *formulas && requests + polite > 0; i++) {
		if (!text_has_phrase(sentence, formulas[i].text))
			continue;
		polite = 0;
		if (formulas[i].takes_request && requests > 0)
			requests--;
	}
	return requests + polite > 0;
}

/* Questions that expect no answer ("how are you?") and those on buttons ("having trouble viewing this?"). */
static bool is_empty_question(const char *sentence)
{
	static const char *const empty[] = {
		"how are you", "how are things", "how is it going", "how's it going", "wie geht",
		"having trouble", "trouble viewing", "can't see", "cannot see this", "no longer want",
		"no longer wish", "don't want to receive", "questions", "forgot your password", "not interested",
		"did you know", "ready to", "looking for", "why not", "want to", "what's new", "need help",
		"any questions", "was this helpful", "have a question", "got questions",
	};
	unsigned i;

	if (strlen(sentence) < 6)
		return true;
	for (i = 0; i < sizeof empty / sizeof *empty; i++)
		if (strncmp(sentence, empty[i], strlen(empty[i])) == 0)
			return true;
	return false;
}

void cues_count(const struct sentences *s, struct cue_counts *out)
{
	struct counting c = {.out = out};
	unsigned i;

	pthread_once(&once, build);
	memset(out, 0, sizeof *out);
	for (i = 0; i < s->count; i++) {
		c.at = &s->all[i];
		c.requests = c.polite = 0;
		phrases_find(&phrase_ix, c.at->text, note, &c);
		if (!out->request && asks(c.at->text, c.requests, c.polite))
			out->request = c.at;
		if (c.at->question && !is_empty_question(c.at->text))
			out->question = true;
	}
}

struct looking { enum cue cue; bool found; };

static void look(void *ctx, const struct phrase *p, const char *at)
{
	struct looking *l = ctx;

	l->found = l->found || p->tag == (uint32_t)l->cue;
}

bool cues_any(const char *text, enum cue cue)
{
	struct looking l = {cue, false};

	pthread_once(&once, build);
	phrases_find(&phrase_ix, text, look, &l);
	return l.found;
}
