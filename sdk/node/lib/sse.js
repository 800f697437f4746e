'use strict';
/* Server-sent events (WHATWG HTML, 9.2.6), from bytes that come in pieces of any size. */
const { ResponseError } = require('./errors');

const BUFFER_MAX = 16 << 20;      // characters of a line or an event; the API's have less than 128 KiB

class EventParser {
  #decoder = new TextDecoder();      // takes a byte order mark away, and characters that two pieces share together
  #rest = '';
  #afterCr = false;
  #data = [];
  #size = 0;      // of the data
  #event = '';
  lastId;

  /** lastId: of the connection before, where an event may have no id of its own. */
  constructor(lastId = '') {
    this.lastId = lastId;
  }

  /** Gives the events that end in this piece: {event, id, data}. Comments are nothing. */
  push(bytes) {
    const events = [];
    for (const line of this.#lines(this.#decoder.decode(bytes, { stream: true }))) {
      if (line !== '') this.#field(line);
      else if (this.#data.length > 0) events.push(this.#take());
      else this.#event = '';
    }
    return events;
  }

  #lines(text) {
    if (text === '') return [];
    if (this.#afterCr && text[0] === '\n') text = text.slice(1);      // the CR before it was the end already
    this.#afterCr = text === '' ? false : text.endsWith('\r');
    const lines = (this.#rest + text).split(/\r\n|\n|\r/);
    this.#rest = lines.pop();
    if (this.#rest.length > BUFFER_MAX) throw tooLarge();
    return lines;
  }

  #field(line) {
    const colon = line.indexOf(':');
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (name === 'data') this.#add(value);
    else if (name === 'event') this.#event = value;
    else if (name === 'id' && !value.includes('\0')) this.lastId = value;
  }

  #add(value) {
    this.#size += value.length;
    if (this.#size > BUFFER_MAX) throw tooLarge();
    this.#data.push(value);
  }

  #take() {
    const event = { event: this.#event || 'message', id: this.lastId, data: this.#data.join('\n') };
    this.#event = '';
    this.#data = [];
    this.#size = 0;
    return event;
  }
}

function tooLarge() {
  return new ResponseError('An event of the stream is too large');
}

module.exports = { EventParser };
