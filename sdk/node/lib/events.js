'use strict';
/* A run's steps as they happen. A stream that is lost before its end is taken up again behind the last step that came. */
const answers = require('./answers');
const clock = require('./clock');
const retry = require('./retry');
const { sleep } = require('./watch');
const { EventParser } = require('./sse');
const { ConnectionError } = require('./errors');

const STEADY_MS = 15_000;      // the server says something in each such time: a stream that lasted so long did work

function read(event) {
  try {
    return { ...event, data: JSON.parse(event.data) };
  } catch {
    throw new ConnectionError('The event stream was damaged on its way');
  }
}

async function* once(transport, request, options, last) {
  const headers = { accept: 'text/event-stream', ...(last === '' ? {} : { 'last-event-id': last }) };
  const parser = new EventParser(last);
  for await (const bytes of transport.open({ ...request, headers }, options)) {
    for (const event of parser.push(bytes)) yield read(event);
  }
  throw new ConnectionError('The event stream was closed before the run had ended');
}

/** Yields {event: 'step', id, data} for each step and {event: 'end', id, data} at last. last: the id to go on after, or ''. */
async function* follow(transport, request, options, last) {
  for (let failures = 0; ; failures++) {
    const begun = clock.monotonic();
    try {
      for await (const event of once(transport, request, options, last)) {
        last = event.id;
        failures = 0;
        yield event;
        if (event.event === 'end') return;
      }
    } catch (error) {
      if (clock.monotonic() - begun >= STEADY_MS) failures = 0;
      const ms = retry.pause(error, failures, options.maxRetries, options.deadline);
      if (ms === null) throw error;
      await sleep(ms, options.signal);
    }
  }
}

module.exports = { follow, STEADY_MS };
