import { Flags } from '@oclif/core';
import { allowHostsFlag, artifactPathFlag } from '../flags.js';
import { DdCommand } from '../command.js';

/** `dd batches`: the batches of `dd run --batch`. */
export default class Batches extends DdCommand {
  static override summary = 'List the batches of dd run --batch, or cancel them.';

  static override description =
    'Asks the providers how far the batches under way are. A cancelled batch keeps what it has answered: the next dd run --batch takes that in, and asks for the rest again.';

  static override examples = [
    '<%= config.bin %> batches',
    { description: 'Cancel all that are under way', command: '<%= config.bin %> batches --cancel all' },
  ];

  static override enableJsonFlag = true;

  static override flags = {
    cancel: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'ID',
      description: 'Cancel this batch, by the id of the provider; `all` for every one under way.',
    }),
    'allow-hosts': allowHostsFlag(),
    'artifact-path': artifactPathFlag(),
  };

  async run(): Promise<unknown> {
    const { flags } = await this.parse(Batches);
    const [{ foldersOf }, { listBatches, cancelBatches }, { renderBatches }, { dirname }, registries] =
      await Promise.all([
        import('../../dataset/folders.js'),
        import('../../run/batch/list-batches.js'),
        import('../render/batches.js'),
        import('node:path'),
        this.registriesWith([]),
      ]);
    const context = {
      root: dirname(foldersOf(flags['artifact-path'], 'any').batches),
      env: process.env,
      providers: registries.providers,
      allowHosts: flags['allow-hosts'],
      signal: new AbortController().signal,
      today: () => new Date(),
    };
    if (flags.cancel) {
      const cancelled = await cancelBatches(flags.cancel, context);
      if (!cancelled.ok) this.fail(cancelled.error);
      const ids = cancelled.value.map(({ batch }) => batch);
      this.log(ids.length === 0 ? 'no batch is under way' : `cancelled: ${ids.join(', ')}`);
      return { cancelled: ids };
    }
    const batches = await listBatches(context);
    this.log(batches.length === 0 ? 'no batches yet' : renderBatches(batches));
    return { batches };
  }
}
