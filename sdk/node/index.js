'use strict';

const Agentiv = require('./lib/client');
const errors = require('./lib/errors');

Object.assign(Agentiv, errors);
Agentiv.Agentiv = Agentiv;
Agentiv.default = Agentiv;      // for those who compile `import` to `require`

module.exports = Agentiv;
