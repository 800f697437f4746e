/* Words of accounts, money, failures and orders; those of trouble at hand stand in email_triage_says_trouble.c. */
#include "agents/email_triage_says.h"

#include <pthread.h>
#include <string.h>

#include "base/err.h"

static const struct phrase notices[] = {
	{"your", SAYS_YOURS}, {"yours", SAYS_YOURS}, {"ihr", SAYS_YOURS}, {"ihre", SAYS_YOURS}, {"ihrem", SAYS_YOURS},
	{"ihren", SAYS_YOURS}, {"ihrer", SAYS_YOURS}, {"dein*", SAYS_YOURS}, {"votre", SAYS_YOURS}, {"vos", SAYS_YOURS},
	{"ton", SAYS_YOURS}, {"tu", SAYS_YOURS}, {"tus", SAYS_YOURS}, {"su", SAYS_YOURS}, {"sus", SAYS_YOURS},

	{"password*", SAYS_THING | SAYS_TROUBLE}, {"passcode*", SAYS_THING | SAYS_TROUBLE},
	{"passkey*", SAYS_THING | SAYS_TROUBLE}, {"passwort*", SAYS_THING | SAYS_TROUBLE},
	{"kennwort*", SAYS_THING | SAYS_TROUBLE}, {"mot de passe", SAYS_THING | SAYS_TROUBLE},
	{"contraseña*", SAYS_THING | SAYS_TROUBLE}, {"email address", SAYS_THING}, {"e-mail address", SAYS_THING},
	{"e-mail-adresse", SAYS_THING}, {"adresse e-mail", SAYS_THING}, {"adresse mail", SAYS_THING},
	{"correo electrónico", SAYS_THING}, {"phone number", SAYS_THING}, {"telefonnummer", SAYS_THING},
	{"numéro de téléphone", SAYS_THING}, {"account*", SAYS_THING}, {"konto", SAYS_THING}, {"kontos", SAYS_THING},
	{"benutzerkonto", SAYS_THING}, {"kundenkonto", SAYS_THING}, {"compte*", SAYS_THING}, {"cuenta*", SAYS_THING},
	{"payment method*", SAYS_THING}, {"zahlungsmethode", SAYS_THING}, {"moyen de paiement", SAYS_THING},
	{"iban", SAYS_THING}, {"api key*", SAYS_THING}, {"access token*", SAYS_THING}, {"ssh key*", SAYS_THING},
	{"recovery*", SAYS_THING}, {"two-step*", SAYS_THING}, {"two-factor*", SAYS_THING}, {"2fa", SAYS_THING},
	{"security settings", SAYS_THING}, {"certificate*", SAYS_THING}, {"zertifikat*", SAYS_THING},
	{"domain*", SAYS_THING}, {"subscription*", SAYS_THING | SAYS_MONEY}, {"abonnement*", SAYS_THING | SAYS_MONEY},
	{"abo", SAYS_THING | SAYS_MONEY}, {"membership*", SAYS_THING}, {"mitgliedschaft", SAYS_THING},
	{"suscripción", SAYS_THING | SAYS_MONEY}, {"profile", SAYS_THING}, {"pin", SAYS_THING}, {"pin-nummer", SAYS_THING},
	{"card", SAYS_THING | SAYS_MONEY}, {"karte", SAYS_THING | SAYS_MONEY}, {"carte", SAYS_THING | SAYS_MONEY},
	{"device*", SAYS_THING},

	{"changed", SAYS_CHANGED}, {"was updated", SAYS_CHANGED}, {"were updated", SAYS_CHANGED},
	{"been updated", SAYS_CHANGED}, {"added to", SAYS_CHANGED}, {"been added", SAYS_CHANGED},
	{"was added", SAYS_CHANGED}, {"removed", SAYS_CHANGED}, {"reset", SAYS_CHANGED}, {"linked to", SAYS_CHANGED},
	{"connected to", SAYS_CHANGED}, {"created", SAYS_CHANGED}, {"turned off", SAYS_CHANGED}, {"closed", SAYS_CHANGED},
	{"geändert", SAYS_CHANGED}, {"hinzugefügt", SAYS_CHANGED}, {"entfernt", SAYS_CHANGED},
	{"zurückgesetzt", SAYS_CHANGED}, {"modifié*", SAYS_CHANGED}, {"ajouté*", SAYS_CHANGED},
	{"réinitialis*", SAYS_CHANGED}, {"cambiad*", SAYS_CHANGED}, {"modificad*", SAYS_CHANGED},
	{"añadid*", SAYS_CHANGED}, {"restablec*", SAYS_CHANGED},

	{"eur", SAYS_MONEY}, {"euro", SAYS_MONEY}, {"euros", SAYS_MONEY}, {"usd", SAYS_MONEY}, {"gbp", SAYS_MONEY},
	{"chf", SAYS_MONEY}, {"inr", SAYS_MONEY}, {"rs", SAYS_MONEY}, {"$", SAYS_MONEY}, {"€", SAYS_MONEY},
	{"£", SAYS_MONEY}, {"₹", SAYS_MONEY}, {"credit card", SAYS_MONEY}, {"payment*", SAYS_MONEY},
	{"direct debit", SAYS_MONEY}, {"amount", SAYS_MONEY}, {"balance", SAYS_MONEY}, {"refund*", SAYS_MONEY},
	{"money", SAYS_MONEY}, {"zahlung*", SAYS_MONEY}, {"kreditkarte", SAYS_MONEY}, {"lastschrift*", SAYS_MONEY},
	{"betrag", SAYS_MONEY}, {"paiement*", SAYS_MONEY}, {"prélèvement*", SAYS_MONEY}, {"montant", SAYS_MONEY},
	{"pago*", SAYS_MONEY}, {"tarjeta", SAYS_MONEY}, {"importe", SAYS_MONEY},

	{"withdraw*", SAYS_MOVED}, {"debited", SAYS_MOVED}, {"charged", SAYS_MOVED}, {"charge", SAYS_MOVED},
	{"transferred", SAYS_MOVED}, {"sent to", SAYS_MOVED}, {"paid", SAYS_MOVED}, {"spent", SAYS_MOVED},
	{"purchase", SAYS_MOVED}, {"refunded", SAYS_MOVED | SAYS_MONEY}, {"abgebucht", SAYS_MOVED},
	{"abgehoben", SAYS_MOVED}, {"überwiesen", SAYS_MOVED}, {"belastet", SAYS_MOVED}, {"débité*", SAYS_MOVED},
	{"prélevé*", SAYS_MOVED}, {"retiré*", SAYS_MOVED}, {"cargad*", SAYS_MOVED}, {"retirad*", SAYS_MOVED},

	{"fail*", SAYS_TROUBLE}, {"error*", SAYS_TROUBLE}, {"could not", SAYS_TROUBLE}, {"couldn't", SAYS_TROUBLE},
	{"cannot", SAYS_TROUBLE}, {"can't", SAYS_TROUBLE}, {"can not", SAYS_TROUBLE}, {"unable to", SAYS_TROUBLE},
	{"unsuccessful*", SAYS_TROUBLE}, {"not be", SAYS_TROUBLE}, {"was not", SAYS_TROUBLE}, {"were not", SAYS_TROUBLE},
	{"has not", SAYS_TROUBLE}, {"have not", SAYS_TROUBLE}, {"declined", SAYS_TROUBLE}, {"denied", SAYS_TROUBLE},
	{"rejected", SAYS_TROUBLE}, {"refused", SAYS_TROUBLE}, {"blocked", SAYS_TROUBLE},
	{"disabled", SAYS_TROUBLE | SAYS_CHANGED}, {"deactivat*", SAYS_TROUBLE | SAYS_CHANGED},
	{"suspend*", SAYS_TROUBLE | SAYS_CHANGED}, {"locked", SAYS_TROUBLE | SAYS_CHANGED}, {"limited", SAYS_CHANGED},
	{"revoked", SAYS_TROUBLE | SAYS_CHANGED}, {"terminat*", SAYS_TROUBLE | SAYS_CHANGED},
	{"delete*", SAYS_TROUBLE | SAYS_CHANGED}, {"deletion", SAYS_TROUBLE | SAYS_CHANGED},
	{"expire*", SAYS_TROUBLE | SAYS_CHANGED}, {"expiring", SAYS_TROUBLE | SAYS_CHANGED}, {"expiration", SAYS_TROUBLE},
	{"ends on", SAYS_TROUBLE}, {"will end", SAYS_TROUBLE}, {"ends soon", SAYS_TROUBLE}, {"ends in", SAYS_TROUBLE},
	{"ends tomorrow", SAYS_TROUBLE}, {"running low", SAYS_TROUBLE}, {"reminder", SAYS_TROUBLE},
	{"fällig", SAYS_TROUBLE}, {"due", SAYS_TROUBLE}, {"customs", SAYS_TROUBLE},
	{"cancel*", SAYS_TROUBLE | SAYS_CHANGED}, {"overdue", SAYS_TROUBLE}, {"past due", SAYS_TROUBLE},
	{"final notice", SAYS_TROUBLE}, {"warning*", SAYS_TROUBLE}, {"critical", SAYS_TROUBLE}, {"alarm", SAYS_TROUBLE},
	{"breach*", SAYS_TROUBLE}, {"compromised", SAYS_TROUBLE | SAYS_CHANGED}, {"problem*", SAYS_TROUBLE},
	{"attention", SAYS_TROUBLE}, {"required", SAYS_TROUBLE}, {"verify", SAYS_TROUBLE}, {"confirm your", SAYS_TROUBLE},
	{"deadline", SAYS_TROUBLE}, {"quota", SAYS_TROUBLE}, {"storage", SAYS_TROUBLE}, {"delayed", SAYS_TROUBLE},
	{"lost", SAYS_TROUBLE}, {"missing", SAYS_TROUBLE}, {"returned", SAYS_TROUBLE}, {"incident*", SAYS_TROUBLE},
	{"fehlgeschlagen", SAYS_TROUBLE}, {"fehler*", SAYS_TROUBLE}, {"nicht möglich", SAYS_TROUBLE},
	{"konnte nicht", SAYS_TROUBLE}, {"konnten nicht", SAYS_TROUBLE}, {"konnte", SAYS_TROUBLE},
	{"konnten", SAYS_TROUBLE}, {"abgelehnt", SAYS_TROUBLE}, {"gesperrt", SAYS_TROUBLE | SAYS_CHANGED},
	{"gelöscht", SAYS_TROUBLE | SAYS_CHANGED}, {"läuft ab", SAYS_TROUBLE | SAYS_CHANGED}, {"läuft", SAYS_TROUBLE},
	{"abgelaufen", SAYS_TROUBLE | SAYS_CHANGED}, {"gekündigt", SAYS_TROUBLE | SAYS_CHANGED},
	{"storniert", SAYS_TROUBLE}, {"mahnung", SAYS_TROUBLE}, {"warnung", SAYS_TROUBLE}, {"échec", SAYS_TROUBLE},
	{"échoué*", SAYS_TROUBLE}, {"erreur*", SAYS_TROUBLE}, {"impossible", SAYS_TROUBLE}, {"refusé*", SAYS_TROUBLE},
	{"bloqué*", SAYS_TROUBLE | SAYS_CHANGED}, {"suspendu*", SAYS_TROUBLE | SAYS_CHANGED},
	{"supprimé*", SAYS_TROUBLE | SAYS_CHANGED}, {"annulé*", SAYS_TROUBLE}, {"fallid*", SAYS_TROUBLE},
	{"no se pudo", SAYS_TROUBLE}, {"no hemos podido", SAYS_TROUBLE}, {"rechazad*", SAYS_TROUBLE},
	{"bloquead*", SAYS_TROUBLE | SAYS_CHANGED}, {"eliminad*", SAYS_TROUBLE | SAYS_CHANGED},
	{"caduca*", SAYS_TROUBLE | SAYS_CHANGED}, {"vence", SAYS_TROUBLE | SAYS_CHANGED}, {"cancelad*", SAYS_TROUBLE},

	{"if this was not you", SAYS_SECURITY}, {"if this wasn't you", SAYS_SECURITY},
	{"if it was not you", SAYS_SECURITY}, {"if it wasn't you", SAYS_SECURITY}, {"if you did not", SAYS_SECURITY},
	{"if you didn't", SAYS_SECURITY}, {"did not request", SAYS_SECURITY}, {"didn't request", SAYS_SECURITY},
	{"don't recognize", SAYS_SECURITY}, {"do not recognize", SAYS_SECURITY}, {"don't recognise", SAYS_SECURITY},
	{"do not recognise", SAYS_SECURITY}, {"unauthori*", SAYS_SECURITY}, {"sign-in attempt*", SAYS_SECURITY},
	{"login attempt*", SAYS_SECURITY}, {"sign-in from", SAYS_SECURITY}, {"login from", SAYS_SECURITY},
	{"logged in from", SAYS_SECURITY}, {"recovery code*", SAYS_SECURITY}, {"new device", SAYS_SECURITY},
	{"suspicious activity", SAYS_SECURITY}, {"unusual activity", SAYS_SECURITY}, {"unusual sign-in", SAYS_SECURITY},
	{"oauth application", SAYS_SECURITY}, {"third-party app*", SAYS_SECURITY}, {"neue anmeldung", SAYS_SECURITY},
	{"neues gerät", SAYS_SECURITY}, {"wenn sie das nicht waren", SAYS_SECURITY}, {"nouvelle connexion", SAYS_SECURITY},
	{"nouvel appareil", SAYS_SECURITY}, {"si ce n'était pas vous", SAYS_SECURITY},
	{"nuevo inicio de sesión", SAYS_SECURITY},

	{"flight*", SAYS_JOURNEY}, {"train", SAYS_JOURNEY}, {"ferry", SAYS_JOURNEY}, {"pnr", SAYS_JOURNEY},
	{"itinerary", SAYS_JOURNEY}, {"flug", SAYS_JOURNEY}, {"ihr zug", SAYS_JOURNEY}, {"votre vol", SAYS_JOURNEY},
	{"votre train", SAYS_JOURNEY}, {"vuelo", SAYS_JOURNEY}, {"rescheduled", SAYS_SHIFTED},
	{"schedule change", SAYS_SHIFTED}, {"gate change", SAYS_SHIFTED}, {"canceled", SAYS_SHIFTED},
	{"cancelled", SAYS_SHIFTED}, {"delayed", SAYS_SHIFTED}, {"new departure", SAYS_SHIFTED},
	{"annulliert", SAYS_SHIFTED}, {"verspätet", SAYS_SHIFTED}, {"storniert", SAYS_SHIFTED}, {"retardé*", SAYS_SHIFTED},
	{"annulé*", SAYS_SHIFTED}, {"retrasado", SAYS_SHIFTED}, {"cancelado", SAYS_SHIFTED},

	{"pipeline*", SAYS_WORK}, {"build*", SAYS_WORK}, {"workflow*", SAYS_WORK}, {"job*", SAYS_WORK},
	{"tests", SAYS_WORK}, {"checks", SAYS_WORK}, {"deployment*", SAYS_WORK}, {"deploy", SAYS_WORK},
	{"backup*", SAYS_WORK}, {"cron", SAYS_WORK}, {"run", SAYS_WORK}, {"monitor*", SAYS_WORK},
	{"passed", SAYS_WENT_WELL}, {"succeeded", SAYS_WENT_WELL}, {"successful*", SAYS_WENT_WELL},
	{"completed", SAYS_WENT_WELL}, {"recovered", SAYS_WENT_WELL}, {"fixed", SAYS_WENT_WELL},

	{"has shipped", SAYS_ROUTINE}, {"has been shipped", SAYS_ROUTINE}, {"was shipped", SAYS_ROUTINE},
	{"is on its way", SAYS_ROUTINE}, {"out for delivery", SAYS_ROUTINE}, {"was delivered", SAYS_ROUTINE},
	{"been delivered", SAYS_ROUTINE}, {"wurde versandt", SAYS_ROUTINE}, {"wurde zugestellt", SAYS_ROUTINE},
	{"a été expédié*", SAYS_ROUTINE}, {"ha sido enviado", SAYS_ROUTINE},
};

static struct phrase phrases[PHRASES_MAX];
static struct phrase_index phrase_ix;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static size_t append(size_t at, const struct phrase *some, size_t n)
{
	INVARIANT(at + n <= PHRASES_MAX, "an index of phrases is full");
	memcpy(phrases + at, some, n * sizeof *phrases);
	return at + n;
}

static void build(void)
{
	size_t n = append(0, notices, sizeof notices / sizeof *notices);

	n = append(n, says_trouble, says_trouble_count);
	n = append(n, says_words, says_words_count);
	phrases_build(&phrase_ix, phrases, n);
}

void says_note(struct sentences *s)
{
	unsigned i;

	pthread_once(&once, build);
	for (i = 0; i < s->count; i++)
		s->all[i].says = phrases_tags(&phrase_ix, s->all[i].text);
}
