const HOME = /^~(?=$|[/\\])/;

/** True for `~` and for paths that start with it. `~name`, the home of another user, is a name as any other. */
export function startsAtHome(path: string): boolean {
  return HOME.test(path);
}

/** Replaces `~` at the start of a path. Shells do not do it in `--flag=~/x`, in lists, or in files. */
export function expandHome(path: string, homeDir: string): string {
  return path.replace(HOME, () => homeDir);
}
