// cron-parser and croner for the same lines as cron_lines.c: answers each with a line of JSON, [cron-parser's, croner's], each
// an array of instants or a text that says what is wrong. A line "offset<TAB>ZONE<TAB>INSTANT" is answered with the seconds
// that this program's own data of the zone is ahead of UTC.
//   NODE_PATH=…/node_modules node libraries.js
const { CronExpressionParser } = require('cron-parser');
const { Cron } = require('croner');

const text = (date) => date.toISOString().slice(0, 19) + 'Z';

function attempt(list) {
  try {
    return list();
  } catch (error) {
    return `error: ${error.message}`;
  }
}

function byCronParser(expression, zone, from, count) {
  const schedule = CronExpressionParser.parse(expression, { currentDate: from, tz: zone });
  return Array.from({ length: count }, () => text(schedule.next().toDate()));
}

function byCroner(expression, zone, from, count) {
  return new Cron(expression, { timezone: zone, mode: '5-part' }).nextRuns(count, from).map(text);
}

const formats = {};

function offset(zone, instant) {
  formats[zone] ??= new Intl.DateTimeFormat('en-US', {
    timeZone: zone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric',
  });
  const part = Object.fromEntries(formats[zone].formatToParts(instant).map((p) => [p.type, Number(p.value)]));
  return (Date.UTC(part.year, part.month - 1, part.day, part.hour, part.minute, part.second) - instant) / 1000;
}

const out = [];
for (const line of require('fs').readFileSync(0, 'utf8').split('\n').filter(Boolean)) {
  const [expression, zone, from, count] = line.split('\t');
  const instant = new Date(from);
  out.push(JSON.stringify(expression === 'offset' ? offset(zone, instant) : [
    attempt(() => byCronParser(expression, zone, instant, Number(count))),
    attempt(() => byCroner(expression, zone, instant, Number(count))),
  ]));
}
console.log(out.join('\n'));
