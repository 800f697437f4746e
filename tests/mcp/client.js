// Lists and calls tools with an official client package, and prints what it got:
// client.js v1|v2-legacy|v2-auto|v2-modern URL KEY TOOL ARGUMENTS
// client.js v1|v2-auto stdio COMMAND TOOL ARGUMENTS: COMMAND is JSON, the words of a program
'use strict';

const [which, url, keyOrCommand, tool, args] = process.argv.slice(2);
const who = {name: 'agentiv-test', version: '1.0.0'};
const modes = {'v2-legacy': 'legacy', 'v2-auto': 'auto', 'v2-modern': {pin: '2026-07-28'}};

function make() {
	const headers = {Authorization: `Bearer ${keyOrCommand}`};
	if (which === 'v1') {
		const {Client} = require('@modelcontextprotocol/sdk/client/index.js');
		const {StreamableHTTPClientTransport} = require('@modelcontextprotocol/sdk/client/streamableHttp.js');
		const {StdioClientTransport} = require('@modelcontextprotocol/sdk/client/stdio.js');
		return [new Client(who), url === 'stdio' ? stdio(StdioClientTransport) :
			new StreamableHTTPClientTransport(new URL(url), {requestInit: {headers}})];
	}
	const {Client, StreamableHTTPClientTransport} = require('@modelcontextprotocol/client');
	const client = new Client(who, {versionNegotiation: {mode: modes[which]}});
	return [client, url === 'stdio' ? stdio(require('@modelcontextprotocol/client/stdio').StdioClientTransport) :
		new StreamableHTTPClientTransport(new URL(url), {requestInit: {headers}})];
}

function stdio(Transport) {
	const [command, ...words] = JSON.parse(keyOrCommand);
	return new Transport({command, args: words, env: process.env, stderr: 'inherit'});
}

async function main() {
	const [client, transport] = make();
	const progress = [];

	await client.connect(transport);
	const {tools} = await client.listTools();
	const onprogress = p => progress.push(p.progress);
	const call = {name: tool, arguments: JSON.parse(args)};
	const result = which === 'v1' ? await client.callTool(call, undefined, {onprogress}) : await client.callTool(call, {onprogress});
	console.log(JSON.stringify({
		version: client.getNegotiatedProtocolVersion?.() ?? transport.protocolVersion,
		server: client.getServerVersion()?.name, tools: tools.map(t => t.name), result, progress,
	}));
	await client.close();
}

main().catch(e => {
	console.log(JSON.stringify({error: String(e)}));
	process.exitCode = 1;
});
