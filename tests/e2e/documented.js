const crypto = require('crypto');
const sig = crypto
.createHmac('sha256', process.env.AGENTIV_WEBHOOK_SECRET)
.update(rawBody)
.digest('hex');
if (sig !== req.headers['x-agentiv-signature'].replace('sha256=', '')) {
return res.status(401).send('Invalid signature');
}
