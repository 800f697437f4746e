/* Notices of programs: which may need their reader, and which are known to need nobody. Only those that are known
 * are archived without a rule; a word too many here leaves one more in the inbox, one too few must not lose any. */
#include <pthread.h>
#include <string.h>

#include "agents/email_triage.h"
#include "agents/email_triage_cues.h"

/* What a sentence holds; some tell only together. */
enum {
	YOURS = 1, THING = 2, CHANGED = 4,      /* your password … was changed */
	MONEY = 8, MOVED = 16,                  /* 500 EUR … were withdrawn */
	TROUBLE = 32,                           /* failed, expires, denied, … */
	SECURITY = 64,                          /* by itself about access to an account */
	WORK = 128, WENT_WELL = 256,            /* pipeline 12 … passed */
	ROUTINE = 512,                          /* a step of an order that asks for nothing */
	JOURNEY = 1024, SHIFTED = 2048,         /* your flight … has been rescheduled */
};

static const struct phrase phrases[] = {
	{"your", YOURS}, {"yours", YOURS}, {"ihr", YOURS}, {"ihre", YOURS}, {"ihrem", YOURS}, {"ihren", YOURS},
	{"ihrer", YOURS}, {"dein*", YOURS}, {"votre", YOURS}, {"vos", YOURS}, {"ton", YOURS}, {"tu", YOURS},
	{"tus", YOURS}, {"su", YOURS}, {"sus", YOURS},

	{"password*", THING | TROUBLE}, {"passcode*", THING | TROUBLE}, {"passkey*", THING | TROUBLE},
	{"passwort*", THING | TROUBLE}, {"kennwort*", THING | TROUBLE}, {"mot de passe", THING | TROUBLE},
	{"contraseña*", THING | TROUBLE}, {"email address", THING}, {"e-mail address", THING},
	{"e-mail-adresse", THING}, {"adresse e-mail", THING}, {"adresse mail", THING}, {"correo electrónico", THING},
	{"phone number", THING}, {"telefonnummer", THING}, {"numéro de téléphone", THING}, {"account*", THING},
	{"konto", THING}, {"kontos", THING}, {"benutzerkonto", THING}, {"kundenkonto", THING}, {"compte*", THING},
	{"cuenta*", THING}, {"payment method*", THING}, {"zahlungsmethode", THING}, {"moyen de paiement", THING},
	{"iban", THING}, {"api key*", THING}, {"access token*", THING}, {"ssh key*", THING}, {"recovery*", THING},
	{"two-step*", THING}, {"two-factor*", THING}, {"2fa", THING}, {"security settings", THING},
	{"certificate*", THING}, {"zertifikat*", THING}, {"domain*", THING}, {"subscription*", THING | MONEY},
	{"abonnement*", THING | MONEY}, {"abo", THING | MONEY}, {"membership*", THING}, {"mitgliedschaft", THING},
	{"suscripción", THING | MONEY}, {"profile", THING}, {"pin", THING}, {"pin-nummer", THING},
	{"card", THING | MONEY}, {"karte", THING | MONEY}, {"carte", THING | MONEY}, {"device*", THING},

	{"changed", CHANGED}, {"was updated", CHANGED}, {"were updated", CHANGED}, {"been updated", CHANGED},
	{"added to", CHANGED}, {"been added", CHANGED}, {"was added", CHANGED}, {"removed", CHANGED},
	{"reset", CHANGED}, {"linked to", CHANGED}, {"connected to", CHANGED}, {"created", CHANGED},
	{"turned off", CHANGED}, {"closed", CHANGED}, {"geändert", CHANGED}, {"hinzugefügt", CHANGED},
	{"entfernt", CHANGED}, {"zurückgesetzt", CHANGED}, {"modifié*", CHANGED}, {"ajouté*", CHANGED},
	{"réinitialis*", CHANGED}, {"cambiad*", CHANGED}, {"modificad*", CHANGED}, {"añadid*", CHANGED},
	{"restablec*", CHANGED},

	{"eur", MONEY}, {"euro", MONEY}, {"euros", MONEY}, {"usd", MONEY}, {"gbp", MONEY}, {"chf", MONEY},
	{"inr", MONEY}, {"rs", MONEY}, {"$", MONEY}, {"€", MONEY}, {"£", MONEY}, {"₹", MONEY}, {"credit card", MONEY},
	{"payment*", MONEY}, {"direct debit", MONEY}, {"amount", MONEY}, {"balance", MONEY}, {"refund*", MONEY},
	{"money", MONEY}, {"zahlung*", MONEY}, {"kreditkarte", MONEY}, {"lastschrift*", MONEY}, {"betrag", MONEY},
	{"paiement*", MONEY}, {"prélèvement*", MONEY}, {"montant", MONEY}, {"pago*", MONEY}, {"tarjeta", MONEY},
	{"importe", MONEY},

	{"withdraw*", MOVED}, {"debited", MOVED}, {"charged", MOVED}, {"charge", MOVED}, {"transferred", MOVED},
	{"sent to", MOVED}, {"paid", MOVED}, {"spent", MOVED}, {"purchase", MOVED}, {"refunded", MOVED | MONEY},
	{"abgebucht", MOVED}, {"abgehoben", MOVED}, {"überwiesen", MOVED}, {"belastet", MOVED}, {"débité*", MOVED},
	{"prélevé*", MOVED}, {"retiré*", MOVED}, {"cargad*", MOVED}, {"retirad*", MOVED},

	{"fail*", TROUBLE}, {"error*", TROUBLE}, {"could not", TROUBLE}, {"couldn't", TROUBLE}, {"cannot", TROUBLE},
	{"can't", TROUBLE}, {"can not", TROUBLE}, {"unable to", TROUBLE}, {"unsuccessful*", TROUBLE},
	{"not be", TROUBLE}, {"was not", TROUBLE}, {"were not", TROUBLE}, {"has not", TROUBLE}, {"have not", TROUBLE},
	{"declined", TROUBLE}, {"denied", TROUBLE}, {"rejected", TROUBLE}, {"refused", TROUBLE}, {"blocked", TROUBLE},
	{"disabled", TROUBLE | CHANGED}, {"deactivat*", TROUBLE | CHANGED}, {"suspend*", TROUBLE | CHANGED},
	{"locked", TROUBLE | CHANGED}, {"limited", CHANGED}, {"revoked", TROUBLE | CHANGED},
	{"terminat*", TROUBLE | CHANGED}, {"delete*", TROUBLE | CHANGED}, {"deletion", TROUBLE | CHANGED},
	{"expire*", TROUBLE | CHANGED}, {"expiring", TROUBLE | CHANGED}, {"expiration", TROUBLE}, {"ends on", TROUBLE},
	{"will end", TROUBLE}, {"ends soon", TROUBLE}, {"ends in", TROUBLE}, {"ends tomorrow", TROUBLE},
	{"running low", TROUBLE}, {"reminder", TROUBLE}, {"fällig", TROUBLE}, {"due", TROUBLE}, {"customs", TROUBLE},
	{"cancel*", TROUBLE | CHANGED}, {"overdue", TROUBLE}, {"past due", TROUBLE}, {"final notice", TROUBLE},
	{"warning*", TROUBLE}, {"critical", TROUBLE}, {"alarm", TROUBLE}, {"breach*", TROUBLE},
	{"compromised", TROUBLE | CHANGED}, {"problem*", TROUBLE}, {"attention", TROUBLE}, {"required", TROUBLE},
	{"verify", TROUBLE}, {"confirm your", TROUBLE}, {"deadline", TROUBLE}, {"quota", TROUBLE}, {"storage", TROUBLE},
	{"delayed", TROUBLE}, {"lost", TROUBLE}, {"missing", TROUBLE}, {"returned", TROUBLE}, {"incident*", TROUBLE},
	{"fehlgeschlagen", TROUBLE}, {"fehler*", TROUBLE}, {"nicht möglich", TROUBLE}, {"konnte nicht", TROUBLE},
	{"konnten nicht", TROUBLE}, {"konnte", TROUBLE}, {"konnten", TROUBLE}, {"abgelehnt", TROUBLE},
	{"gesperrt", TROUBLE | CHANGED}, {"gelöscht", TROUBLE | CHANGED}, {"läuft ab", TROUBLE | CHANGED},
	{"läuft", TROUBLE}, {"abgelaufen", TROUBLE | CHANGED}, {"gekündigt", TROUBLE | CHANGED}, {"storniert", TROUBLE},
	{"mahnung", TROUBLE}, {"warnung", TROUBLE}, {"échec", TROUBLE}, {"échoué*", TROUBLE}, {"erreur*", TROUBLE},
	{"impossible", TROUBLE}, {"refusé*", TROUBLE}, {"bloqué*", TROUBLE | CHANGED}, {"suspendu*", TROUBLE | CHANGED},
	{"supprimé*", TROUBLE | CHANGED}, {"annulé*", TROUBLE}, {"fallid*", TROUBLE}, {"no se pudo", TROUBLE},
	{"no hemos podido", TROUBLE}, {"rechazad*", TROUBLE}, {"bloquead*", TROUBLE | CHANGED},
	{"eliminad*", TROUBLE | CHANGED}, {"caduca*", TROUBLE | CHANGED}, {"vence", TROUBLE | CHANGED},
	{"cancelad*", TROUBLE},

	{"if this was not you", SECURITY}, {"if this wasn't you", SECURITY}, {"if it was not you", SECURITY},
	{"if it wasn't you", SECURITY}, {"if you did not", SECURITY}, {"if you didn't", SECURITY},
	{"did not request", SECURITY}, {"didn't request", SECURITY}, {"don't recognize", SECURITY},
	{"do not recognize", SECURITY}, {"don't recognise", SECURITY}, {"do not recognise", SECURITY},
	{"unauthori*", SECURITY}, {"sign-in attempt*", SECURITY}, {"login attempt*", SECURITY},
	{"sign-in from", SECURITY}, {"login from", SECURITY}, {"logged in from", SECURITY},
	{"recovery code*", SECURITY}, {"new device", SECURITY}, {"suspicious activity", SECURITY},
	{"unusual activity", SECURITY}, {"unusual sign-in", SECURITY}, {"oauth application", SECURITY},
	{"third-party app*", SECURITY}, {"neue anmeldung", SECURITY}, {"neues gerät", SECURITY},
	{"wenn sie das nicht waren", SECURITY}, {"nouvelle connexion", SECURITY}, {"nouvel appareil", SECURITY},
	{"si ce n'était pas vous", SECURITY}, {"nuevo inicio de sesión", SECURITY},

	{"flight*", JOURNEY}, {"train", JOURNEY}, {"ferry", JOURNEY}, {"pnr", JOURNEY}, {"itinerary", JOURNEY},
	{"flug", JOURNEY}, {"ihr zug", JOURNEY}, {"votre vol", JOURNEY}, {"votre train", JOURNEY}, {"vuelo", JOURNEY},
	{"rescheduled", SHIFTED}, {"schedule change", SHIFTED}, {"gate change", SHIFTED}, {"canceled", SHIFTED},
	{"cancelled", SHIFTED}, {"delayed", SHIFTED}, {"new departure", SHIFTED}, {"annulliert", SHIFTED}, {"verspätet", SHIFTED},
	{"storniert", SHIFTED}, {"retardé*", SHIFTED}, {"annulé*", SHIFTED}, {"retrasado", SHIFTED}, {"cancelado", SHIFTED},

	{"pipeline*", WORK}, {"build*", WORK}, {"workflow*", WORK}, {"job*", WORK}, {"tests", WORK}, {"checks", WORK},
	{"deployment*", WORK}, {"deploy", WORK}, {"backup*", WORK}, {"cron", WORK}, {"run", WORK}, {"monitor*", WORK},
	{"passed", WENT_WELL}, {"succeeded", WENT_WELL}, {"successful*", WENT_WELL}, {"completed", WENT_WELL},
	{"recovered", WENT_WELL}, {"fixed", WENT_WELL},

	{"has shipped", ROUTINE}, {"has been shipped", ROUTINE}, {"was shipped", ROUTINE}, {"is on its way", ROUTINE},
	{"out for delivery", ROUTINE}, {"was delivered", ROUTINE}, {"been delivered", ROUTINE},
	{"wurde versandt", ROUTINE}, {"wurde zugestellt", ROUTINE}, {"a été expédié*", ROUTINE},
	{"ha sido enviado", ROUTINE},
};

static struct phrase_index phrase_ix;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void build(void)
{
	phrases_build(&phrase_ix, phrases, sizeof phrases / sizeof *phrases);
}

void notices_note(const struct sentences *s, struct facts *f)
{
	unsigned i;

	pthread_once(&once, build);
	for (i = 0; i < s->count; i++) {
		uint32_t seen = phrases_tags(&phrase_ix, s->all[i].text);

		f->has[FACT_ACCOUNT] |= (seen & SECURITY) || all_of(seen, YOURS | THING | CHANGED);
		f->has[FACT_MONEY] |= all_of(seen, MONEY | MOVED) || all_of(seen, MONEY | TROUBLE);
		f->has[FACT_TRAVEL_CHANGE] |= all_of(seen, JOURNEY | SHIFTED);
		f->has[FACT_TROUBLE] |= (seen & TROUBLE) != 0;
		f->has[FACT_ROUTINE] |= (seen & ROUTINE) || all_of(seen, WORK | WENT_WELL);
	}
}

/* ---- What stays ---- */

static const struct { enum fact fact; const char *why; } needs[] = {
	{FACT_SECURITY, "kept in the inbox: it is about your account's security"},
	{FACT_ACCOUNT, "kept in the inbox: it is about your account's security"},
	{FACT_PAYMENT_DUE, "kept in the inbox: it is about a payment that is due"},
	{FACT_MONEY, "kept in the inbox: it is about a payment or your money"},
	{FACT_OUTAGE, "kept in the inbox: it reports that something is broken"},
	{FACT_BOUNCE, "kept in the inbox: it is a mail server's report"},
	{FACT_CALENDAR_NEWS, "kept in the inbox: it is news of an appointment"},
	{FACT_INVITATION, "kept in the inbox: it is an invitation"},
	{FACT_ACTION_NEEDED, "kept in the inbox: something in it may need you"},
};

/* Of a list, or known to tell of something that is in order. To offer to unsubscribe is not enough: banks do so too. */
static bool is_harmless(const struct facts *f)
{
	if (f->has[FACT_LIST_ID])
		return true;
	if (f->has[FACT_TROUBLE])
		return false;
	return f->has[FACT_ROUTINE] || f->has[FACT_SOCIAL] ||
	       (f->has[FACT_SERVICE_HEADERS] && (f->has[FACT_PRECEDENCE] || f->has[FACT_LIST_UNSUBSCRIBE]));
}

static const char *why_kept(const struct item *it)
{
	const struct facts *f = &it->facts;
	bool by_rule = it->verdict.has_category && it->verdict.category == it->category;

	if (it->mail.cut)
		return "kept in the inbox: only its headers were read";
	if (f->has[FACT_TRANSACTION] && it->mail.attachment_count > 0)
		return "kept in the inbox: it comes with a file about an order, a bill or an account";
	if (by_rule || is_harmless(f))
		return NULL;
	return f->has[FACT_TROUBLE] ? "kept in the inbox: it may tell that something failed or ends"
	                            : "kept in the inbox: nothing shows that it can be missed";
}

bool notices_press(const struct facts *f)
{
	bool yours = f->has[FACT_ACCOUNT] || f->has[FACT_SECURITY] || f->has[FACT_MONEY] || f->has[FACT_PAYMENT_DUE];

	return f->has[FACT_TRAVEL_CHANGE] || (f->has[FACT_CUT_OFF] && yours);
}

void notices_keep(struct item *it)
{
	unsigned i;

	for (i = 0; i < sizeof needs / sizeof *needs && !it->mail.cut; i++)
		if (it->facts.has[needs[i].fact]) {
			it->kept = needs[i].why;
			it->kept_for = needs[i].fact;
			return;
		}
	it->kept = why_kept(it);
}
