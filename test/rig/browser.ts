import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';

/** Where Debian and others put Chromium. `CHROMIUM` names another one. */
const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Milliseconds of one wait for the page, less than a test may take: its error says what was waited for. */
export const WAIT_LIMIT = 180_000;

/** Starts the Chromium of this machine. Tests of the page fail without one. */
export async function startBrowser(): Promise<Browser> {
  const executablePath = process.env['CHROMIUM'] ?? PLACES.find((place) => existsSync(place));
  if (executablePath === undefined)
    throw new Error(
      'The tests of the page need Chromium: apt-get install --no-install-recommends chromium, or CHROMIUM=/path/to/it.',
    );
  // In containers there is no sandbox for root, and little shared memory.
  return chromium.launch({
    executablePath,
    timeout: WAIT_LIMIT,
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'],
  });
}
