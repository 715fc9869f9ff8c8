import type * as hub from '@huggingface/hub';
import { installCommand } from './package-folder.js';
import { err, ok, type Result } from './result.js';

export type HubPackage = typeof hub;

/**
 * The Hugging Face Hub's own package, an optional peer that is loaded here alone.
 *
 * @param what needs it, for the message
 */
export async function loadHub(
  what: string,
): Promise<Result<HubPackage, { readonly message: string; readonly hint: string }>> {
  try {
    return ok(await import('@huggingface/hub'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    return err({
      message: `${what} needs a package that is not installed`,
      hint: installCommand('@huggingface/hub'),
    });
  }
}
