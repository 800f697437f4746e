'use strict';
const { inspect } = require('node:util');
const { method, methods } = require('./calls');
const { readSettings } = require('./settings');
const { Transport } = require('./transport');
const { verify } = require('./webhooks');
const { version } = require('../package.json');
const { openapi, ...resources } = require('./routes');

/** A client of the API. It never changes: another key is another client. */
class Agentiv {
  static VERSION = version;
  static webhooks = { verify };

  constructor(options) {
    const { base, credentials, fetch, defaults } = readSettings(options);
    const transport = new Transport(base, credentials, fetch);
    Object.defineProperty(this, 'baseURL', { value: base, enumerable: true });
    for (const [name, routes] of Object.entries(resources)) this[name] = methods(transport, defaults, routes, name);
    this.openapi = method(transport, defaults, openapi, 'openapi');
    this.webhooks.verify = verify;
  }

  [inspect.custom]() {
    return `Agentiv { baseURL: ${inspect(this.baseURL)} }`;
  }

  toJSON() {
    return { baseURL: this.baseURL };
  }
}

module.exports = Agentiv;
