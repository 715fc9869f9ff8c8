/**
 * The shop of the template: an MCP server on stdin and stdout, one JSON-RPC message a line, without packages.
 * To offer a tool of your own, add it to TOOLS.
 */
import { createInterface } from 'node:readline';

const PARTS = [
  { id: 'HN-10', name: 'door hinge, brass, 10 cm', price: 7.5, grams: 180, stock: 24 },
  { id: 'HN-07', name: 'door hinge, steel, 7 cm', price: 3.2, grams: 95, stock: 0 },
  { id: 'LK-02', name: 'door lock, steel, two keys', price: 28, grams: 640, stock: 5 },
  { id: 'SC-35', name: 'wood screws, 35 mm, box of 100', price: 5.4, grams: 410, stock: 60 },
  { id: 'SC-50', name: 'wood screws, 50 mm, box of 100', price: 6.9, grams: 720, stock: 31 },
  { id: 'GL-01', name: 'wood glue, waterproof, 250 g', price: 8.8, grams: 290, stock: 12 },
  { id: 'SB-04', name: 'shelf board, oak, 80 cm', price: 34, grams: 3100, stock: 7 },
  { id: 'SB-05', name: 'shelf board, pine, 80 cm', price: 14, grams: 2200, stock: 18 },
  { id: 'BR-08', name: 'shelf bracket, steel, 20 cm', price: 4.6, grams: 230, stock: 40 },
];

const POSTAGE = { local: 3, national: 6.5, abroad: 18 };

const text = (description) => ({ type: 'string', description });

const TOOLS = [
  {
    name: 'search_parts',
    description: 'Find parts whose name has all of these words. Returns ids and names.',
    properties: { words: text('One or more words: "door hinge".') },
    call({ words }) {
      // "hinges" finds a hinge.
      const wanted = words
        .toLowerCase()
        .split(/s?\s+|s?$/)
        .filter(Boolean);
      return PARTS.filter(({ name }) => wanted.every((word) => name.includes(word))).map(({ id, name }) => ({
        id,
        name,
      }));
    },
  },
  {
    name: 'get_part',
    description: 'Price (for one), weight in grams and stock of a part.',
    properties: { id: text('An id, as search_parts returns it.') },
    call: ({ id }) => partOf(id),
  },
  {
    name: 'quote_delivery',
    description: 'What it costs to send a number of one part. More than 10 kg goes in several parcels.',
    properties: {
      id: text('The id of the part.'),
      quantity: { type: 'integer', minimum: 1 },
      zone: { type: 'string', enum: Object.keys(POSTAGE) },
    },
    call({ id, quantity, zone }) {
      if (!Object.hasOwn(POSTAGE, zone)) throw new Error(`there is no zone ${zone}`);
      const parcels = Math.ceil((partOf(id).grams * quantity) / 10_000);
      return { parcels, price: parcels * POSTAGE[zone] };
    },
  },
];

function partOf(id) {
  const part = PARTS.find((each) => each.id === id);
  if (!part) throw new Error(`there is no part ${id}: search first`);
  return part;
}

const METHODS = {
  initialize: ({ protocolVersion }) => ({
    protocolVersion,
    capabilities: { tools: {} },
    serverInfo: { name: 'shop', version: '1.0.0' },
  }),
  ping: () => ({}),
  'tools/list': () => ({
    tools: TOOLS.map(({ name, description, properties }) => ({
      name,
      description,
      inputSchema: { type: 'object', properties, required: Object.keys(properties) },
    })),
  }),
  'tools/call': ({ name, arguments: given = {} }) => {
    try {
      const tool = TOOLS.find((each) => each.name === name);
      if (!tool) throw new Error(`there is no tool ${name}`);
      for (const key of Object.keys(tool.properties))
        if (given[key] === undefined) throw new Error(`${key} is missing`);
      return { content: [{ type: 'text', text: JSON.stringify(tool.call(given)) }] };
    } catch (error) {
      // The model reads it, and can call again.
      return { isError: true, content: [{ type: 'text', text: error.message }] };
    }
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params = {} } = JSON.parse(line);
  // What has no id is a notification, and wants no answer.
  if (id === undefined) continue;
  const run = METHODS[method];
  const answer = run
    ? { result: run(params) }
    : { error: { code: -32601, message: `there is no method ${method}` } };
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id, ...answer })}\n`);
}
