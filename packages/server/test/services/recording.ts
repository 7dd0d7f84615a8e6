/**
 * For the environment of processes that a test starts with one of its own: the recorder of AWS commands, if the run has
 * one.
 */
export function recording(): { readonly NODE_OPTIONS?: string; readonly AWS_COMMANDS_SEEN?: string } {
  const { AWS_COMMANDS_SEEN, AWS_COMMANDS_RECORDER } = process.env;
  if (AWS_COMMANDS_SEEN === undefined || AWS_COMMANDS_RECORDER === undefined) return {};
  return { AWS_COMMANDS_SEEN, NODE_OPTIONS: `--import=${AWS_COMMANDS_RECORDER}` };
}
