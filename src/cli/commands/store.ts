import { artifactPathFlag } from '../flags.js';
import { Flags } from '@oclif/core';
import { REPAIR_HINT } from '../../answer-store/integrity.js';
import { EXIT } from '../../run/status.js';
import { DdCommand } from '../command.js';
import type { Survey } from '../../answer-store/maintenance.js';
import { renderTable } from '../render/table.js';
import { count, safe, size } from '../render/text.js';

const DAY = 24 * 60 * 60;

/** `dd store`: shows, verifies, prunes and repairs the answer store. */
export default class Store extends DdCommand {
  static override summary = 'Show, verify, prune or repair the answer store.';

  static override description = [
    'The answer store caches the model answers of all datasets beside it. A cached answer is never requested or paid for again. Without a flag, this command shows the size and age of the store.',
    '--prune deletes answers by age. Without --yes it only shows what it would delete. If a dataset still needs a deleted answer, the next run asks for it again.',
    'Exit codes: 0 no damage, 1 some answers cannot be read, 2 the store cannot be used or is in use.',
  ].join('\n\n');

  static override examples = [
    '<%= config.bin %> store',
    '<%= config.bin %> store --verify',
    {
      description: 'Show which answers would be deleted',
      command: '<%= config.bin %> store --prune --older-than 90',
    },
    { description: 'Delete them', command: '<%= config.bin %> store --prune --older-than 90 --yes' },
  ];

  static override enableJsonFlag = true;

  static override flags = {
    'artifact-path': artifactPathFlag('Folder of datasets. The answer store is in .dd beside it.'),
    verify: Flags.boolean({ description: 'Check that every answer can be read.', exclusive: ['repair'] }),
    prune: Flags.boolean({
      description: 'Delete answers by age.',
      dependsOn: ['older-than'],
      exclusive: ['repair'],
    }),
    'older-than': Flags.integer({
      min: 1,
      helpValue: 'DAYS',
      description: 'Prune answers older than this number of days.',
      dependsOn: ['prune'],
    }),
    yes: Flags.boolean({
      description: 'Actually delete.',
      dependsOn: ['prune'],
    }),
    repair: Flags.boolean({
      description: 'Rebuild a damaged store from the readable answers. The damaged store is kept beside it.',
    }),
  };

  async run(): Promise<unknown> {
    const { flags } = await this.parse(Store);
    const [{ foldersOf, folderBytes }, { examineStore }, { existsSync }] = await Promise.all([
      import('../../dataset/folders.js'),
      import('../../answer-store/maintenance.js'),
      import('node:fs'),
    ]);
    const { answerStore: folder } = foldersOf(flags['artifact-path'], 'any');
    await this.finishSwap(folder);
    if (!existsSync(folder)) {
      this.log(`no store yet: ${folder}`);
      return { folder, answers: 0 };
    }

    const olderThan = Math.floor(Date.now() / 1000) - (flags['older-than'] ?? 0) * DAY;
    if (flags.prune && flags.yes) return this.prune(folder, olderThan);
    const examined = await examineStore(folder, flags.prune ? olderThan : undefined);
    if (flags.repair) {
      if (!examined.ok || examined.value.unreadable > 0) return this.repair(folder);
      this.log('sound: there is nothing to repair');
      return { folder, answers: examined.value.answers };
    }
    if (!examined.ok) return this.failDamaged(folder, examined.error);
    const survey = examined.value;
    const file_bytes = await folderBytes(folder);
    this.log(renderStore(folder, survey, file_bytes));
    if (flags.prune) this.log(pruneText(survey.old));
    if (flags.verify && survey.unreadable === 0) this.log('sound: every answer can be read');
    const found = { folder, file_bytes, ...survey };
    if (survey.unreadable === 0) return found;
    const unreadable = { message: `${count(survey.unreadable, 'answer')} cannot be read`, hint: REPAIR_HINT };
    return this.endedWith(EXIT.rowsFailed, found, unreadable);
  }

  private async repair(folder: string): Promise<unknown> {
    const { repairStore } = await import('../../answer-store/maintenance.js');
    const stamp = new Date().toISOString().replaceAll(/[-:]/g, '').slice(0, 15);
    const { answers, copy } = await this.alone(folder, () => repairStore(folder, stamp));
    this.log(repairText(answers, copy));
    return { folder, answers, copy };
  }

  private async prune(folder: string, olderThan: number): Promise<unknown> {
    const { pruneStore } = await import('../../answer-store/maintenance.js');
    const removed = await this.alone(folder, () => pruneStore(folder, olderThan));
    if (!removed.ok) return this.failDamaged(folder, removed.error);
    this.log(`${removed.value} answers removed`);
    return { folder, removed: removed.value };
  }

  private failDamaged(folder: string, damage: string): never {
    return this.fail({ message: `${folder}: ${damage}`, hint: REPAIR_HINT });
  }

  /** Ends what a `dd store` that was killed has begun. */
  private async finishSwap(folder: string): Promise<void> {
    const { finishSwap, isHalfSwapped } = await import('../../answer-store/swap.js');
    if (!isHalfSwapped(folder)) return;
    const { SWAP_FINISHED } = await import('../../run/lock-run.js');
    if (await this.alone(folder, () => finishSwap(folder))) this.logToStderr(`note: ${SWAP_FINISHED}`);
  }

  /** Does something to the store while no run uses it. */
  private async alone<T>(folder: string, act: () => Promise<T>): Promise<T> {
    const [{ dirname, join }, { takeStoreLock }] = await Promise.all([
      import('node:path'),
      import('../../dataset/lock.js'),
    ]);
    const lock = await takeStoreLock(join(dirname(folder), 'locks'));
    if (!lock.ok)
      return this.fail({ message: `the store is in use: ${lock.error}`, hint: 'wait for it to end' });
    try {
      return await act();
    } finally {
      await lock.value();
    }
  }
}

/** What a store holds, as a short table. */
export function renderStore(folder: string, survey: Survey, fileBytes: number): string {
  const { answers, bytes, undated, oldest, newest, unreadable } = survey;
  return renderTable([
    ['store', safe(folder)],
    ['holds', `${count(answers, 'answer')}, ${size(bytes)}`],
    ['on disk', size(fileBytes)],
    ...(oldest === undefined || newest === undefined ? [] : [['from', `${time(oldest)} to ${time(newest)}`]]),
    ...(undated === 0 ? [] : [['undated', `${count(undated, 'answer')} of an earlier version`]]),
    ...(unreadable === 0 ? [] : [['torn', `${count(unreadable, 'answer')} that cannot be read`]]),
  ]);
}

/** The result of a repair. */
export function repairText(answers: number, copy: string): string {
  const found =
    answers === 0
      ? 'no answer could be read: the new store is empty, and a run asks the models for everything again'
      : `${count(answers, 'answer')} could be read and ${answers === 1 ? 'is' : 'are'} in the new store`;
  return `${found}\nthe damaged store is kept: ${safe(copy)}`;
}

/** What pruning would do. */
export function pruneText({ answers, bytes }: Survey['old']): string {
  return answers === 0
    ? 'nothing is that old'
    : `would remove ${count(answers, 'answer')}, ${size(bytes)}; add --yes to remove`;
}

function time(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 16).replace('T', ' ');
}
