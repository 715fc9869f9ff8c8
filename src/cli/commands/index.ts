import type { Command } from '@oclif/core';
import Batches from './batches.js';
import CheckModels from './check-models.js';
import Diff from './diff.js';
import Explain from './explain.js';
import Export from './export.js';
import Init from './init.js';
import Merge from './merge.js';
import Plan from './plan.js';
import Push from './push.js';
import Render from './render.js';
import Report from './report.js';
import Retry from './retry.js';
import Run from './run.js';
import Runs from './runs.js';
import Schema from './schema.js';
import Seed from './seed.js';
import Show from './show.js';
import Store from './store.js';
import Validate from './validate.js';
import View from './view.js';
import Worker from './worker.js';

/** Every command, by name. oclif reads this instead of searching the folder. */
export const COMMANDS: Readonly<Record<string, Command.Class>> = {
  batches: Batches,
  'check-models': CheckModels,
  diff: Diff,
  explain: Explain,
  export: Export,
  init: Init,
  merge: Merge,
  plan: Plan,
  push: Push,
  render: Render,
  report: Report,
  retry: Retry,
  run: Run,
  runs: Runs,
  schema: Schema,
  seed: Seed,
  show: Show,
  store: Store,
  validate: Validate,
  view: View,
  worker: Worker,
};
