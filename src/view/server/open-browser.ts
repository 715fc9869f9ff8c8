import { spawn } from 'node:child_process';
import { platform } from 'node:os';

/** Opens an address in the browser of the desktop, where there is one. No shell is started; a failure is ignored. */
export function openBrowser(url: string, env: Readonly<Record<string, string | undefined>>): void {
  const opener = openerOf(env);
  if (!opener) return;
  const child = spawn(opener[0], [...opener.slice(1), url], { stdio: 'ignore', detached: true });
  child.on('error', () => undefined);
  child.unref();
}

function openerOf(
  env: Readonly<Record<string, string | undefined>>,
): readonly [string, ...string[]] | undefined {
  if (platform() === 'darwin') return ['/usr/bin/open'];
  if (platform() === 'win32') return ['rundll32.exe', 'url.dll,FileProtocolHandler'];
  const hasDesktop = Boolean(env['DISPLAY'] ?? env['WAYLAND_DISPLAY']);
  return hasDesktop ? ['xdg-open'] : undefined;
}
