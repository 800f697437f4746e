// A receiver as a customer would write it: the verification of the API's document, word for word, and that of the
// npm package standardwebhooks. Prints its port, then one line of JSON for each webhook.
//   AGENTIV_WEBHOOK_SECRET=whsec_… NODE_PATH=…/node_modules node receiver.js
const http = require('http');
const { Webhook } = require('standardwebhooks');

function verifyAsDocumented(req, res, rawBody) {
  // ---- from here ----
const crypto = require('crypto');
const sig = crypto
.createHmac('sha256', process.env.AGENTIV_WEBHOOK_SECRET)
.update(rawBody)
.digest('hex');
if (sig !== req.headers['x-agentiv-signature'].replace('sha256=', '')) {
return res.status(401).send('Invalid signature');
}
  // ---- to here ----
  return null;
}

// the two calls of express that the document uses
function express(response) {
  return {
    status(code) { response.statusCode = code; return this; },
    send(text) { response.end(text); return 'refused'; },
  };
}

const server = http.createServer((req, response) => {
  const chunks = [];
  req.on('data', (chunk) => chunks.push(chunk));
  req.on('end', () => {
    const rawBody = Buffer.concat(chunks);
    const seen = { event: req.headers['x-agentiv-event'], documented: false, standard: false };
    if (verifyAsDocumented(req, express(response), rawBody) === null) {
      seen.documented = true;
      try {
        seen.body = new Webhook(process.env.AGENTIV_WEBHOOK_SECRET).verify(rawBody.toString(), req.headers);
        seen.standard = true;
        response.statusCode = 204;
      } catch (error) {
        seen.error = String(error);
        response.statusCode = 400;
      }
      response.end();
    }
    console.log(JSON.stringify(seen));
  });
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
