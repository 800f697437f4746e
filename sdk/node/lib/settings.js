'use strict';
/* What a client is made with, checked. Nothing that is said of it ever holds a key. */
const { spellings, readOptions, checkOptions } = require('./options');

const BASE_URL = 'https://api.agentiv.cloud';
const SUCH_AS = 'such as https://agentiv.example.com';
const DEFAULTS = { timeout: 90_000, max_retries: 2, wait_timeout: 600_000 };

const KNOWN = spellings(['api_key', 'session_token', 'base_url', 'fetch', ...Object.keys(DEFAULTS)], { baseURL: 'base_url' });

function baseOf(text) {
  let url;
  try {
    url = new URL(text);
  } catch {
    throw new TypeError(`Agentiv: baseURL must be a URL ${SUCH_AS}`);
  }
  if (!['http:', 'https:'].includes(url.protocol) || url.username || url.password || url.search || url.hash) {
    throw new TypeError(`Agentiv: baseURL must be http:// or https://, a host, and a path at most, ${SUCH_AS}`);
  }
  const base = url.href.replace(/\/+$/, '');
  // a common slip: of all URLs that the documents name, only the server's own is meant
  if (/\/(api|mcp)$/.test(base)) throw new TypeError('Agentiv: baseURL must be the URL of the server, without /api or /mcp at its end');
  return base;
}

function secretOf(value, name) {
  if (typeof value !== 'string' || !/^[\x21-\x7e]+$/.test(value)) {
    throw new TypeError(`Agentiv: ${name} holds characters that cannot be sent, such as blanks or a line's end`);
  }
  return value;
}

/* null for neither: some paths are open to all. */
function credentialsOf({ api_key: key, session_token: token }) {
  if (key && token) throw new TypeError('Agentiv: give either apiKey or sessionToken');
  if (token) {
    if (/[;,"\\]/.test(token)) throw new TypeError('Agentiv: sessionToken is no token');
    return { cookie: `agentiv_session=${secretOf(token, 'sessionToken')}` };
  }
  if (key === null) return {};
  const found = key || process.env.AGENTIV_API_KEY;
  if (!found) {
    throw new TypeError('Agentiv: there is no API key: give apiKey, or set AGENTIV_API_KEY');
  }
  return { authorization: `Bearer ${secretOf(found, key ? 'apiKey' : 'AGENTIV_API_KEY')}` };
}

/** {base, credentials, fetch, defaults} of the options of a client. */
function readSettings(given) {
  const options = readOptions(given, KNOWN, 'Agentiv');
  checkOptions(options, 'Agentiv');
  const { timeout, max_retries: maxRetries, wait_timeout: waitTimeout } = { ...DEFAULTS, ...options };
  const fetching = options.fetch ?? globalThis.fetch;
  if (typeof fetching !== 'function') throw new TypeError('Agentiv: fetch must be a function');
  return {
    base: baseOf(options.base_url || process.env.AGENTIV_BASE_URL || BASE_URL),
    credentials: credentialsOf(options),
    fetch: (...args) => fetching(...args),
    defaults: { timeout, maxRetries, waitTimeout },
  };
}

module.exports = { readSettings };
