'use strict';
/* Until a run is over: its event stream tells when, and where none can be had it is looked at now and then. */
const clock = require('./clock');
const retry = require('./retry');
const { Watch, sleep } = require('./watch');
const { follow, STEADY_MS } = require('./events');
const { AgentivError, ExecutionFailedError, ForbiddenError, IntegrationNotConnectedError, ResponseError, TimeoutError } =
  require('./errors');

const SILENCE_MS = 30_000;
const LOOK_FIRST_MS = 1000;
const LOOK_LONGEST_MS = 10_000;

const isOver = (execution) => execution.status === 'success' || execution.status === 'failed';

/* ---- looking ---- */

/** Follows the run as long as that goes well. Gives whether it is worth while to try again. */
async function watched(transport, path, options, place) {
  const request = { method: 'GET', path: `${path}/events` };
  const patience = { ...options, maxRetries: 0, timeout: Math.min(options.timeout, SILENCE_MS) };
  const begun = clock.monotonic();
  try {
    for await (const event of follow(transport, request, patience, place.last)) place.last = event.id;
    return true;
  } catch (error) {
    if (!retry.isTransient(error) && !(error instanceof ResponseError)) throw error;
    return clock.monotonic() - begun >= STEADY_MS;
  }
}

/** The answer {body, response} that has the execution as it ended. */
async function untilOver(transport, id, options) {
  const path = `/api/executions/${encodeURIComponent(id)}`;
  const place = { last: '' };
  let streams = true;
  for (let looks = 0; ; looks++) {
    streams = streams && await watched(transport, path, options, place);
    const answer = await transport.send({ method: 'GET', path }, options);
    if (isOver(answer.body.data)) return answer;
    await sleep(retry.backoff(looks, LOOK_FIRST_MS, LOOK_LONGEST_MS), options.signal);
  }
}

/* ---- what it came to ---- */

/* As the API answers a run that it has waited for: what its user can mend keeps its code. */
function failure(execution) {
  const { code, message } = execution.error;
  const mendable = code === 'INTEGRATION_NOT_CONNECTED';
  const AClass = mendable ? IntegrationNotConnectedError : ExecutionFailedError;
  return new AClass(message, { code: mendable ? code : 'EXECUTION_FAILED', reason: code, executionId: execution.id, execution,
    raw: execution.error });
}

function succeeded({ body, response }) {
  if (body.data.status === 'failed') throw failure(body.data);
  return { data: body.data, response };
}

/* The shape of a run's own answer. */
function resultOf({ id, status, summary, output, tokens_used, duration_ms }) {
  return { execution_id: id, status, summary, output, tokens_used, duration_ms };
}

/* ---- the time that it may take ---- */

function outOfTime(ms, id) {
  const what = id === null ? 'The server did not answer within' : 'The run goes on: it had not ended after';
  return new TimeoutError(`${what} ${ms / 1000} s`, { executionId: id });
}

/** Calls work(options, tell) with options that bound all it does; tell(id) says which run it is about. */
async function bounded({ waitTimeout, signal, ...options }, id, work) {
  const watch = new Watch(waitTimeout, signal);
  try {
    return await work({ ...options, signal: watch.signal, deadline: clock.monotonic() + waitTimeout }, (told) => id = told);
  } catch (error) {
    if (watch.timedOut) throw outOfTime(waitTimeout, id);
    if (error instanceof AgentivError && id !== null) error.executionId ??= id;
    throw error;
  } finally {
    watch.end();
  }
}

/** executions.wait: {data, response} of the execution. Throws when it failed. */
function wait(transport, id, options) {
  return bounded(options, id, async (within) => succeeded(await untilOver(transport, id, within)));
}

/** A run that is waited for: {data, response} of its result. */
function runToEnd(transport, request, options) {
  return bounded(options, null, async (within, tell) => {
    let mayRead = true;
    for (let tries = 0; ; tries++) {
      const { body, response } = await transport.send(request, within);
      if (response.status !== 202) return { data: body.data, response };
      const id = body.data.execution_id;
      tell(id);
      const ended = mayRead ? await ifAllowed(untilOver(transport, id, within)) : null;
      if (ended) {
        const { data, response: last } = succeeded(ended);
        return { data: resultOf(data), response: last };
      }
      /* a key that may run and not read: the same request under the same key waits for the same run */
      mayRead = false;
      await sleep(retry.backoff(tries, LOOK_FIRST_MS, LOOK_LONGEST_MS), within.signal);
    }
  });
}

async function ifAllowed(promise) {
  try {
    return await promise;
  } catch (error) {
    if (error instanceof ForbiddenError) return null;
    throw error;
  }
}

module.exports = { wait, runToEnd };
