import type { CodeEntries } from './types.js';

/** Plugins: code that a recipe names, and that runs only where the person allows it. */
export const pluginCodes = {
  'plugin-not-allowed': {
    title: 'A plugin that was not loaded',
    why: 'A plugin is a program. A recipe from elsewhere must not start one before you have allowed it.',
    wrong: 'dd run recipe.yaml',
    right: 'dd run recipe.yaml --allow-plugins',
    todo: 'Read the plugin first. Then add `--allow-plugins`, or list its file or folder under `trusted_plugins:` in your settings.',
  },
  'plugin-not-found': {
    title: 'A plugin that is not there',
    why: 'A path is relative to the recipe; a package is looked for in the `node_modules` folders above it.',
    wrong: "plugins: ['./my-colums.mjs']",
    right: "plugins: ['./my-columns.mjs']",
    todo: 'Correct the path, or install the package beside the recipe.',
  },
  'plugin-broken': {
    title: 'A plugin that cannot be used',
    why: 'It threw an error when it was loaded, or its default export is not a plugin.',
    wrong: 'export const columns = [shout];',
    right: "export default { name: 'shout', columns: [shout] };",
    todo: 'Correct the plugin. `dd schema --plugins FILE` loads it alone.',
  },
  'plugin-clash': {
    title: 'Two things of one name',
    why: 'A recipe could not say which of the two it means, and a plugin replaces nothing that is built in.',
    wrong: "plugins: ['./shout.mjs', './other-shout.mjs']",
    right: "plugins: ['./shout.mjs']",
    todo: 'Leave one of the plugins out, or rename the type in one of them.',
  },
  'unchecked-type': {
    title: 'A type that could not be checked',
    why: 'It is not built in, and a plugin of this recipe was not loaded: the type may be one of its own.',
    wrong: 'dd validate recipe.yaml',
    right: 'dd validate recipe.yaml --allow-plugins',
    todo: 'Allow the plugin, or correct the name of the type.',
  },
} as const satisfies CodeEntries;
