// A receiver over TLS, by Node's own http2 and https: tls_receiver.js KEY CERTIFICATE h2|http1. Prints its port, then one line
// of JSON for each request: its version, and the number of its connection. Never answers /hang.
const fs = require('fs');
const [key, cert] = [fs.readFileSync(process.argv[2]), fs.readFileSync(process.argv[3])];
const make = process.argv[4] === 'h2' ? require('http2').createSecureServer : require('https').createServer;
let connections = 0;

const server = make({ key, cert }, (req, res) => {
  const socket = req.stream ? req.stream.session.socket : req.socket;
  console.log(JSON.stringify({ version: req.httpVersion, connection: socket.number, path: req.url }));
  req.resume();
  if (req.url !== '/hang') req.on('end', () => res.end('taken'));
});
server.on('secureConnection', (socket) => { socket.number = ++connections; });
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
