import { assignment } from './assignment.js';
import { basicAuth, bearerToken } from './credentials.js';
import { curlPassword } from './curl-password.js';
import { email, userName } from './personal.js';
import { privateKey } from './private-key.js';
import { TOKENS } from './token-forms.js';
import { tokenRule } from './tokens.js';
import type { RedactOptions, Rule } from './types.js';
import { urlPassword } from './url-password.js';

/** The rules that options ask for. Where two know a token, the earlier one names it. */
export function rulesFor({
  secrets = true,
  emails = false,
  user_names = false,
}: RedactOptions): readonly Rule[] {
  return [...(secrets ? SECRETS : []), ...(emails ? [email] : []), ...(user_names ? [userName] : [])];
}

const SECRETS: readonly Rule[] = [
  privateKey,
  ...TOKENS.map(tokenRule),
  urlPassword,
  bearerToken,
  basicAuth,
  curlPassword,
  assignment,
];
