// A receiver as customers write it: the verification of the API's document, word for word (documented.js), and that of the
// npm packages standardwebhooks and svix, which is done with several secrets to tell which of them are good.
// Prints its port, then one line of JSON for each webhook.
//   AGENTIV_WEBHOOK_SECRET=whsec_… SECRETS="whsec_… whsec_…" PORT=… NODE_PATH=…/node_modules node receiver.js
const fs = require('fs');
const http = require('http');
const packages = { standardwebhooks: require('standardwebhooks').Webhook, svix: require('svix').Webhook };

// It returns where it refuses.
const documented = new Function('require', 'req', 'res', 'rawBody', fs.readFileSync(`${__dirname}/documented.js`, 'utf8'));
const secrets = process.env.SECRETS.split(' ');

// the two calls of express that the document uses
function express(response) {
  return {
    status(code) { response.statusCode = code; return this; },
    send(text) { response.end(text); return 'refused'; },
  };
}

function accepts(Webhook, secret, rawBody, headers) {
  try {
    new Webhook(secret).verify(rawBody, headers);
    return true;
  } catch (error) {
    return String(error);
  }
}

const server = http.createServer((req, response) => {
  const chunks = [];
  req.on('data', (chunk) => chunks.push(chunk));
  req.on('end', () => {
    const rawBody = Buffer.concat(chunks);
    const seen = { event: req.headers['x-agentiv-event'], body: JSON.parse(rawBody) };
    seen.documented = documented(require, req, express(response), rawBody) === undefined;
    for (const [name, Webhook] of Object.entries(packages))
      seen[name] = secrets.map((secret) => accepts(Webhook, secret, rawBody.toString(), req.headers));
    if (seen.documented) {
      response.statusCode = 204;
      response.end();
    }
    console.log(JSON.stringify(seen));
  });
});
server.listen(Number(process.env.PORT), '127.0.0.1', () => console.log(server.address().port));
