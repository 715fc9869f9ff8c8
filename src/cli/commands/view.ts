import { Args, Flags } from '@oclif/core';
import { DdCommand } from '../command.js';
import { EXIT } from '../../run/status.js';
import { artifactPathFlag } from '../flags.js';

/** `dd view DATASET…`: a page in the browser, served from this machine to this machine. */
export default class View extends DdCommand {
  static override summary = 'Look at a dataset in the browser, and review its rows.';

  static override description = `Starts a server on 127.0.0.1 and prints its address, until Ctrl-C. Only who has the address can open it.
Rows can be filtered, searched and sorted; a row is shown as a conversation, with scores and reasons. Verdicts, own scores, corrections and notes are saved to reviews.jsonl in the folder of the dataset.`;

  static override examples = [
    '<%= config.bin %> view agent-rollout',
    '<%= config.bin %> view agent-rollout agent-rollout-dry-run --no-open',
    '<%= config.bin %> view agent-rollout --bundle ./public',
  ];

  static override enableJsonFlag = true;

  static override strict = false;

  static override args = {
    dataset: Args.string({ description: 'Name of a dataset, or its folder.', required: true }),
  };

  static override flags = {
    open: Flags.boolean({
      default: true,
      allowNo: true,
      description: 'Open the page in the browser, in a terminal that has one.',
    }),
    bundle: Flags.string({
      helpValue: 'DIR',
      description: 'Write a read-only folder to publish on a web server, and serve nothing.',
    }),
    port: Flags.integer({
      min: 0,
      max: 65_535,
      default: 0,
      helpValue: 'N',
      description: 'Port of the server. Default: a free one.',
    }),
    'artifact-path': artifactPathFlag(),
  };

  async run(): Promise<unknown> {
    const { argv, flags } = await this.parse(View);
    const [{ bundleView, startView }, { interruptOnSignals }] = await Promise.all([
      import('../../view/server/start-view.js'),
      import('../../run/stop.js'),
    ]);
    const request = {
      datasets: argv.map(String),
      artifactPath: flags['artifact-path'],
      cwd: process.cwd(),
    };
    if (flags.bundle !== undefined) {
      const written = await bundleView(request, flags.bundle);
      if (!written.ok) return this.fail(written.error);
      this.log(flags.bundle);
      return { folder: flags.bundle };
    }
    const interrupt = interruptOnSignals();
    const started = await startView({ ...request, port: flags.port });
    if (!started.ok) return this.fail(started.error);
    const server = started.value;
    if (this.jsonEnabled()) this.logJson(this.toSuccessJson({ url: server.url }));
    else this.log(server.url);
    this.logToStderr('Ctrl-C ends it.');
    if (flags.open && process.stdout.isTTY) {
      const { openBrowser } = await import('../../view/server/open-browser.js');
      openBrowser(server.urlForOneVisit(), process.env);
    }
    await new Promise((resolve) => interrupt.stop.addEventListener('abort', resolve, { once: true }));
    await server.close();
    interrupt.close();
    // The document was printed at the start, where it is of use.
    return this.exit(EXIT.complete);
  }
}
