/**
 * The order of the rooms of `src/`, from the ground floor up. A file imports from its own room and from rooms
 * below it, `import type` included, and no imports go in a circle. `npm run structure` checks it; CONTRIBUTING
 * has the same map in words.
 */
const ROOMS = [
  'core', 'sandbox', 'json-schema', 'template', 'models', 'tools', 'redact', 'seeds', 'traces', 'samplers', 'validators', 'columns',
  'processors', 'recipe',
  'engine', 'answer-store', 'dataset', 'plugins', 'run', 'authoring', 'view', 'cli',
]; // prettier-ignore

export default {
  forbidden: [
    { name: 'no-circle', severity: 'error', from: {}, to: { circular: true } },
    ...ROOMS.map((room, index) => ({
      name: `${room}-imports-nothing-above`,
      severity: 'error',
      from: { path: `^src/${room}/` },
      to: { path: '^src/', pathNot: `^src/(?:${ROOMS.slice(0, index + 1).join('|')})/` },
    })),
  ],
  options: {
    parser: 'swc',
    doNotFollow: { path: 'node_modules' },
    // The page of `dd view`: its own tsconfig and bundle keep it apart, and the parser does not know TSX.
    exclude: { path: '^src/view/page/' },
  },
};
