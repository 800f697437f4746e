/* Which mails need their reader within about a day, and which do not, however loud they are: mails of all kinds, as
 * homes, schools, offices and machines write them. */
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "agents_fixture.h"
#include "agents_suites.h"

/* All are of Monday, 2 March 2026, 09:30 in Berlin, and are sorted at 10:00. */
#define WRITTEN "2026-03-02T08:30:00Z"

#define PERSON NULL

struct row { bool urgent; const char *from, *subject, *body, *header, *value; };

static const struct row rows[] = {
	/* home */
	{true, "Petra Sommer <petra@nachbarn.example>", "your flat", "Hi Sam, there is water coming through my kitchen "
	 "ceiling, just below your bathroom. Nobody opens at your place. Petra", PERSON, NULL},
	{true, "Hausverwaltung Kern <info@kern.example>", "Ablesung der Heizkörper", "Guten Tag,\n\nder Ableser ist morgen "
	 "zwischen 8 und 10 Uhr im Haus. Bitte sorgen Sie dafür, dass jemand zu Hause ist, oder geben Sie uns heute noch "
	 "Bescheid.\n\nKern Verwaltung", PERSON, NULL},
	{true, "Joe <joe@flat.example>", "keys", "I'm standing in front of the house and my key snapped off in the lock. "
	 "When are you back?", PERSON, NULL},
	{true, "Lena Vogt <lena@vogt.example>", "Heizung", "Hallo Sam, seit gestern Abend ist bei uns die Heizung kalt, "
	 "und die Kleine hat Husten. Kannst du den Monteur anrufen? Lena", PERSON, NULL},
	/* school, family, health */
	{true, "School Office <office@greenhill.example>", "Ben", "Dear Mr Hart, Ben has thrown up twice and would like to be "
	 "fetched. He is lying down in our office. Kind regards", PERSON, NULL},
	{true, "Mum <mum@family.example>", "Dad", "Don't be frightened, but Dad fell off the ladder and we are in casualty. "
	 "He is talking to the doctors. Ring me when you can.", PERSON, NULL},
	{true, "Dr. Weber <praxis@weber.example>", "Ihr Termin", "Guten Tag Herr Hart, wegen eines Notfalls müssen wir Ihren "
	 "Termin heute um 15 Uhr verschieben. Passt Ihnen morgen früh um 7:30 Uhr? Bitte rufen Sie kurz an.", PERSON, NULL},
	{true, "Clara <clara@friends.example>", "a favour", "My mother is ill and I have nobody for Mia this afternoon. "
	 "Could she come home with Ben at three?", PERSON, NULL},
	/* travel */
	{true, "Ana Ruiz <ana@work.example>", "Barcelona", "They have cancelled my connection and the desk closes in an hour. "
	 "Which of the two hotels may I book?", PERSON, NULL},
	{true, "Skyline Air <noreply@skyline.example>", "SK 412 on 3 March", "Dear passenger, your flight SK 412 on 3 March "
	 "at 07:10 has been cancelled. Choose another connection in the app.", "Auto-Submitted", "auto-generated"},
	{true, "Rail Info <info@rail.example>", "Your trip to Lyon today", "Train 9572, departing 14:32, does not run today. "
	 "Your ticket is valid on the train at 13:02.", "Auto-Submitted", "auto-generated"},
	/* work */
	{true, "Hannah Lee <hannah@agency.example>", "slides", "Sorry to be a pain. The client has moved the meeting forward, "
	 "we present at 11 tomorrow. I still miss your two pages, could I have them tonight?", PERSON, NULL},
	{true, "Jan de Wit <jan@supplier.example>", "Vrachtwagen", "Hoi Sam, de chauffeur staat bij jullie voor de poort en "
	 "niemand doet open. Kun je iemand sturen?", PERSON, NULL},
	{true, "Omar <omar@work.example>", "Re: invoices", "Fine with me.\n\nOne more thing, the accounts close at noon. If "
	 "you want it in this month, I need your signature before that.", PERSON, NULL},
	{true, "Kate Moss <kate@client.example>", "shop", "Our customers get a white page when they pay. It began around "
	 "eight. Do you know anything about it?", PERSON, NULL},
	{true, "Marie Blanc <marie@client.example>", "Devis", "Bonjour Sam, le comité se réunit demain matin et il me manque "
	 "votre devis. Pourriez-vous me l'envoyer ce soir ?", PERSON, NULL},
	{true, "Piotr Zając <piotr@work.example>", "Umowa", "Cześć Sam, klient czeka na podpis do dziś do 16:00. Czy możesz "
	 "podpisać?", PERSON, NULL},
	{true, "Rohit <rohit@work.example>", "server", "Bhai, billing wala server subah se band hai aur client baar baar phone "
	 "kar raha hai. Please dekh lo.", PERSON, NULL},
	{true, "Nadia <nadia@bakery.example>", "the bank", "Good morning Sam, the bank has blocked our account because a form of "
	 "yours is missing, and the mill wants its money. Could you call them?", PERSON, NULL},
	{true, "Lorenzo <lorenzo@officina.example>", "banca", "Ciao Sam, la banca ci ha bloccato il conto stamattina. Puoi "
	 "chiamarli?", PERSON, NULL},
	{true, "Ida <ida@work.example>", "files", "None of us can open the shared drive since eight. The hotline wants to hear "
	 "it from the owner, they won't talk to me.", PERSON, NULL},
	{true, "Mo <mo@kiosk.example>", "visit", "There is a lady with a badge in my kiosk. She says she'll wait ten minutes. What "
	 "do I tell her?", PERSON, NULL},
	{true, "School Office <office@greenhill.example>", "Mia", "Dear Mr Hart, Mia has twisted her ankle in the playground. She "
	 "sits here with an ice pack and would like to be collected.", PERSON, NULL},
	{true, "Register of Companies <noreply@register.example>", "Return due today for HART LTD", "The return of this company "
	 "is due by 2 March 2026. If it is late there is a penalty.", "Auto-Submitted", "auto-generated"},
	{true, "Northbank <help@northbank.example>", "Your payment could not be made", "Hi Sam, a direct debit of 812.40 EUR "
	 "could not be paid since there was not enough money in the account. We will try again at 15:00 today. Please add "
	 "money before then to avoid the payment being returned.", "Feedback-ID", "txn:northbank:1126:ses"},
	{false, "Ivo <ivo@supplier.example>", "change of bank account", "Because of an audit our account at the old bank is "
	 "blocked. Kindly make all payments to our new account and confirm.", PERSON, NULL},
	{true, "Court Clerk <registry@court.example>", "File 12 C 88/26", "The hearing set for Thursday has been brought "
	 "forward to 3 March 2026, 9:00. Kindly confirm that you will attend.", PERSON, NULL},
	{true, "Tom Reed <support@helpdesk.example>", "[#8841] Tom Reed: release", "Tom Reed wrote:\n\nHi Sam, the release is "
	 "waiting for one decision: do we ship without the import? I have to tell them by two this afternoon.",
	 "Auto-Submitted", "auto-generated"},
	{true, "Giulia <giulia@eventi.example>", "Catering", "Ciao Sam, il cuoco vuole sapere entro le 13 quanti siete "
	 "stasera. Mi puoi rispondere?", PERSON, NULL},
	/* machines */
	{true, "Monitor <alerts@monitor.example>", "db-2: disk 98 % full", "Severity: critical\nHost: db-2\nSince: 09:12\n"
	 "Disk /var is at 98 % and will be full in 40 minutes.", "Auto-Submitted", "auto-generated"},
	{true, "UPS <ups@rack.example>", "On battery", "Utility power lost at 09:20. Running on battery. Estimated runtime 22 "
	 "minutes.", "Auto-Submitted", "auto-generated"},
	{true, "Cold Store <sensor@coldstore.example>", "Alarm: Freezer 3", "Temperature -4 °C, limit -18 °C, for 52 min.",
	 "Auto-Submitted", "auto-generated"},
	{true, "Registrar <noreply@registrar.example>", "hart.example expires tomorrow", "The domain hart.example expires on "
	 "3 March 2026 and has not been renewed, since your card was declined. Mail and website stop then.", "Auto-Submitted",
	 "auto-generated"},
	{true, "Stadtwerke <noreply@stadtwerke.example>", "Sperrung Ihres Anschlusses", "Ihr Stromanschluss wird am 03.03.2026 "
	 "ab 8 Uhr gesperrt, da die Rechnung vom Januar offen ist.", "Auto-Submitted", "auto-generated"},
	{true, "Bank <noreply@bank.example>", "Payment rejected", "Your transfer of 4,300.00 EUR to Finanzamt was rejected: "
	 "insufficient funds. It is not repeated. The amount is due today.", "Auto-Submitted", "auto-generated"},
	/* a club's circular */
	{true, "Greenhill Primary <news@greenhill.example>", "Greenhill News, March", "Dear parents,\n\nread about our new "
	 "library in this issue.\n\nThe trip to the zoo is on Wednesday. Children whose form has not come back by tomorrow at "
	 "9:00 stay at school. Please hand it in.\n\nUnsubscribe", "List-Unsubscribe", "<mailto:u@greenhill.example>"},
	{true, "Luis <luis@piso.example>", "El coche", "Hola, se ha parado el coche en la autopista y no arranca. Estamos en el "
	 "kilómetro 42. ¿Puedes llamar al seguro?", PERSON, NULL},
	{true, "Alarm Company <service@guard.example>", "Your office", "Our patrol found the back door of your office open and "
	 "a window broken. An officer waits there for somebody with a key.", PERSON, NULL},

	{true, "Henrik Olsen (Service Desk) <desk@work.example>", "[SD-208] Database", "Henrik Olsen commented:\n\nSam, the "
	 "scanners at the gate are dead. Do I switch to the second line?", "X-JIRA-FingerPrint", "1"},

	/* ---- not ---- */
	{false, "Priya Nair <priya@work.example>", "Re: URGENT: gate stuck", "All done, the gate has been running again since ten to "
	 "nine. Nothing left for you here.", "Importance", "high"},
	{false, "Henrik Olsen <henrik@work.example>", "Saturday", "On Saturday 7 March our file server is offline from 6 to 10. "
	 "Do you need anything from it on that day?", PERSON, NULL},
	{false, "Monitor <alerts@monitor.example>", "Summary of February", "db-2\nSeverity: critical, for 12 minutes in all.",
	 "Auto-Submitted", "auto-generated"},
	{false, "Petra Sommer <petra@nachbarn.example>", "Re: URGENT water", "All dry again, the plumber has changed the "
	 "pipe. Thank you for your quick help!", PERSON, NULL},
	{false, "Joe <joe@flat.example>", "CAKE!!!", "EMERGENCY in the kitchen: too much cake. Come at three and save us!",
	 PERSON, NULL},
	{false, "Mum <mum@family.example>", "Dad", "Dad is home from the hospital and already grumbles about the garden. He "
	 "sends his love. Will you come for Easter?", PERSON, NULL},
	{false, "School Office <office@greenhill.example>", "Sports day", "Dear parents, sports day is on 12 May. Please "
	 "tell us by the end of April whether your child takes part.", PERSON, NULL},
	{false, "Clara <clara@friends.example>", "tonight", "We are at Luigi's tonight from eight, come along if you feel "
	 "like it.", PERSON, NULL},
	{false, "Hannah Lee <hannah@agency.example>", "Reminder: team meeting", "Just a reminder of our weekly meeting tomorrow "
	 "at 10:00 in room 3. The agenda is the usual one.", PERSON, NULL},
	{false, "Omar <omar@work.example>", "Re: invoices", "Thanks, got them. They go out today.", PERSON, NULL},
	{false, "Kate Moss <kate@client.example>", "Re: shop down", "It works again, whatever you did. Have a nice week!",
	 PERSON, NULL},
	{false, "Jan de Wit <jan@supplier.example>", "Offerte", "Hoi Sam, hierbij onze offerte. Laat je het volgende week "
	 "weten?", PERSON, NULL},
	{false, "Ana Ruiz <ana@work.example>", "Barcelona", "Landed, everything went well. I write my report tomorrow.",
	 PERSON, NULL},
	{false, "Rohit <rohit@work.example>", "photos", "Kal ki photos bhej di hain. Jab time mile dekh lena.", PERSON, NULL},
	{false, "Lena Vogt <lena@vogt.example>", "Buch", "Hallo Sam, kannst du mir irgendwann das Buch über Fuchsien leihen? "
	 "Eilt überhaupt nicht.", PERSON, NULL},
	{false, "Marie Blanc <marie@client.example>", "Merci", "Bonjour Sam, merci pour le devis, le comité l'a accepté ce matin. "
	 "Bonne semaine !", PERSON, NULL},
	{false, "Piotr Zając <piotr@work.example>", "Urlop", "Cześć, od jutra jestem na urlopie, wracam w poniedziałek.", PERSON,
	 NULL},
	{false, "Tom Reed <tom@work.example>", "old laptop", "I am clearing my desk. Is the broken laptop in the cupboard yours, "
	 "or may I throw it away some day?", PERSON, NULL},
	{false, "Giulia <giulia@eventi.example>", "Foto", "Ciao Sam, ti mando le foto di ieri. Che bella serata!", PERSON, NULL},
	{false, "Anwalt Roth <roth@kanzlei.example>", "Entwurf", "Sehr geehrter Herr Hart, anbei der Entwurf. Bitte geben Sie mir "
	 "bis Ende März Ihre Anmerkungen.", PERSON, NULL},
	{false, "Luis <luis@piso.example>", "El coche", "Ya está arreglado el coche, era la batería. Nos vemos el sábado.", PERSON,
	 NULL},
	{false, "Ben's Coach <coach@club.example>", "Saturday", "Who can drive on Saturday? We need two more cars. Let me know "
	 "during the week.", PERSON, NULL},
	{false, "Sue <sue@work.example>", "Fire drill", "There will be a fire drill next Tuesday at 11. Please leave the building "
	 "by the stairs when you hear the alarm.", PERSON, NULL},
	/* machines and shops */
	{false, "Parcel <noreply@parcel.example>", "Your parcel arrives today", "Your parcel arrives today between 13:00 and "
	 "15:00. You can choose a neighbour in the app.", "Auto-Submitted", "auto-generated"},
	{false, "Forge <noreply@forge.example>", "[web] Run failed: tests on branch new-menu", "2 of 311 tests failed.",
	 "X-GitHub-Reason", "ci_activity"},
	{false, "Power <noreply@power.example>", "Your invoice of March", "Your invoice of 84.20 EUR is ready. It is debited on "
	 "16 March.", "Auto-Submitted", "auto-generated"},
	{false, "Monitor <alerts@monitor.example>", "RESOLVED: db-2 disk full", "Severity: critical\nHost: db-2\nDisk /var is at "
	 "41 % again since 09:12.", "Auto-Submitted", "auto-generated"},
	{false, "Accounts <noreply@accounts.example>", "New sign-in", "There was a new sign-in to your account from Berlin today "
	 "at 09:01. If it was you, there is nothing to do.", "Auto-Submitted", "auto-generated"},
	{false, "Monitor <alerts@monitor.example>", "Weekly report", "Availability last week: 99.98 %. One outage of 4 minutes "
	 "on Thursday. Critical alarms: 2.", "Auto-Submitted", "auto-generated"},
	{false, "Shoes <offers@shoes.example>", "URGENT: only today", "Last chance! 40% off all boots ends tonight at midnight. "
	 "Hurry and shop now.\n\nUnsubscribe", "List-Unsubscribe", "<mailto:u@shoes.example>"},
	{false, "Cinema <news@cinema.example>", "This week at the cinema", "Tonight at 20:00: Playtime. Tomorrow: Mon oncle. Book "
	 "your seats now.\n\nUnsubscribe", "List-Unsubscribe", "<mailto:u@cinema.example>"},
	{false, "Dentist <noreply@dentist.example>", "Your appointment tomorrow", "We look forward to seeing you tomorrow, 3 "
	 "March, at 16:30.", "Auto-Submitted", "auto-generated"},
	{false, "Greenhill Primary <news@greenhill.example>", "Greenhill News, March", "Dear parents,\n\nin this issue: our new "
	 "library, and photos of last week's concert. The summer fair is on 20 June.\n\nUnsubscribe", "List-Unsubscribe",
	 "<mailto:u@greenhill.example>"},
};

static struct json_object *text(const char *s)
{
	return json_object_new_string(s);
}

static struct json_object *mail_of(const struct row *row)
{
	struct json_object *mail = json_object_new_object(), *headers = json_object_new_object();

	json_object_object_add(mail, "from", text(row->from));
	json_object_object_add(mail, "subject", text(row->subject));
	json_object_object_add(mail, "body", text(row->body));
	if (row->header)
		json_object_object_add(headers, row->header, text(row->value));
	json_object_object_add(mail, "headers", headers);
	return mail;
}

/* Sorts one mail, which is released, as one to Sam Hart. */
static void sort(struct json_object *mail, bool urgent)
{
	struct json_object *input = json_object_new_object(), *mails = json_object_new_array(), *to = json_object_new_array();
	struct json_object *out, *sorted;

	json_object_array_add(to, text("Sam Hart <sam@hart.example>"));
	json_object_object_add(mail, "to", to);
	json_object_object_add(mail, "date", text(WRITTEN));
	json_object_array_add(mails, mail);
	json_object_object_add(input, "emails", mails);
	json_object_object_add(input, "timezone", text("Europe/Berlin"));
	json_object_object_add(input, "reference_time", text("2026-03-02T09:00:00Z"));
	fx_host_reset();
	out = fx_run_object("email-triage", input);
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	sorted = fx_get(out, "triaged.0");
	if (json_object_get_boolean(fx_get(sorted, "urgent")) != urgent) {
		fprintf(stderr, "%s\n", json_object_to_json_string(sorted));
		CU_FAIL("urgent, or not");
	}
	json_object_put(out);
	json_object_put(input);
}

static void what_needs_its_reader_is_told_from_what_is_only_loud(void)
{
	unsigned i;

	for (i = 0; i < sizeof rows / sizeof *rows; i++)
		sort(mail_of(&rows[i]), rows[i].urgent);
}

static void so_it_is_in_a_hundred_short_mails(void)
{
	struct json_object *mails = json_object_from_file(QUALITY_DATA "/mails-short.json");
	size_t i;

	CU_ASSERT_PTR_NOT_NULL_FATAL(mails);
	CU_ASSERT_TRUE(json_object_array_length(mails) >= 100);
	for (i = 0; i < json_object_array_length(mails); i++) {
		struct json_object *mail = json_object_get(json_object_array_get_idx(mails, i)), *urgent = fx_get(mail, "urgent");
		bool is_urgent = json_object_get_boolean(urgent);

		json_object_object_del(mail, "urgent");
		sort(mail, is_urgent);
	}
	json_object_put(mails);
}

static CU_TestInfo tests[] = {
	{"what needs its reader is told from what is only loud", what_needs_its_reader_is_told_from_what_is_only_loud},
	{"so it is in a hundred short mails", so_it_is_in_a_hundred_short_mails},
	CU_TEST_INFO_NULL,
};
const CU_SuiteInfo triage_urgency_suite = {"triage: urgency", NULL, NULL, NULL, NULL, tests};
