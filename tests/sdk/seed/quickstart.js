const Agentiv = require('agentiv-sdk');
const client = new Agentiv({ apiKey: process.env.AGENTIV_API_KEY });
// Run EmailTriage
const result = await client.agents.run('email-triage', {
input: { max_emails: 20 },
async: false
});
console.log(result.summary);
// "Triaged 18 emails | 2 urgent | 4 archived"
