// One of the official client packages over standard input and output: lists the tools, calls one, cancels one.
//
//	node mcp_client.js PACKAGE ERA PROGRAM      ERA: legacy, or the modern revision's date
//
// Prints what it has seen as one JSON object.
'use strict';
const [name, era, program] = process.argv.slice(2);
const v1 = name.endsWith('/sdk');
const { Client } = require(v1 ? `${name}/client/index.js` : name);
const { StdioClientTransport } = require(v1 ? `${name}/client/stdio.js` : `${name}/stdio`);

async function main() {
	const options = era === 'legacy' ? {} : { versionNegotiation: { mode: { pin: era } } };
	const client = new Client({ name: 'tests', version: '1' }, options);
	const transport = new StdioClientTransport({ command: program, args: ['mcp'], env: process.env, stderr: 'inherit' });
	await client.connect(transport);

	const call = (args, how) => v1 ? client.callTool({ name: 'probe', arguments: args }, undefined, how)
		: client.callTool({ name: 'probe', arguments: args }, how);
	const tools = (await client.listTools()).tools.map((tool) => tool.name);
	const result = await call({ payload: { a: 'ü' } });
	const failed = await call({ fail: 'final' });
	const many = await Promise.all([...Array(10).keys()].map((n) => call({ payload: { n }, sleep_ms: 20 })));
	const steps = [];
	await call({ steps: 3, sleep_ms: 300 }, { onprogress: (progress) => steps.push(progress.progress) });

	const ending = new AbortController();
	const cancelled = call({ sleep_ms: 600000, steps: 600000 / 100, payload: { cancelled: era } },
		{ signal: ending.signal, timeout: 60000, onprogress: () => ending.abort() });
	const reason = await cancelled.then(() => 'it ended', (error) => error.name || String(error));
	await client.close();
	return { tools, payload: result.structuredContent, failed: failed.isError === true,
		many: many.map((one) => one.structuredContent), steps: steps.length, cancelled: reason };
}

main().then((seen) => console.log(JSON.stringify(seen)), (error) => {
	console.error(error);
	process.exitCode = 1;
});
