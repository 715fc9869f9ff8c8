/** A column type: another column in capitals. */
import { definePlugin } from 'dd-recipes';

const shout = {
  type: 'shout',
  summary: 'Another column in capitals.',
  // The keys beside those of every column. Editors, `dd validate` and `dd schema shout` read them.
  schema: {
    properties: { target: { type: 'string', minLength: 1, description: 'The column to read.' } },
    required: ['target'],
  },
  prepare: ({ name, target }) => ({
    name,
    // Whatever is listed here is made first, and a name that does not exist is an error with a suggestion.
    references: [
      { path: [target], at: ['target'], span: { offset: 0, length: target.length }, optional: false },
    ],
    modelAliases: [],
    makes: [name],
    types: () => [{ type: 'string' }],
    generate: (row) => ({ state: 'value', value: String(row[target]).toUpperCase() }),
  }),
};

export default definePlugin({ name: 'shout', columns: [shout] });
