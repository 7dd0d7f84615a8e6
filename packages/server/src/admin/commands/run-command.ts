import type { ServiceEvent } from '../../observe/observer/observer.ts';
import { loadConfig } from '../../run/config/config.ts';
import { misspelledVariables } from '../../run/config/misspelled-variables.ts';
import { describeIfAsked, WRONG_USAGE } from '../../run/process/command-line.ts';
import { readEnvironmentFile } from '../../run/process/environment-file.ts';
import { sentence } from '../../run/process/sentence.ts';
import { type Command, prepare, type Start, WrongUsage } from './command.ts';

/** Runs a command in a process of its own, with the service's environment. `call`: how its usage names it. */
export async function runCommand(command: Command, args: readonly string[], call: string): Promise<void> {
  const usage = `${call} [${command.usage} | --help | --version]`;
  process.umask(0o077); // before any file is made, as the service does
  describeIfAsked(args, { usage, about: () => command.about });
  try {
    const work = prepare(command, args);
    await work(readStart());
  } catch (error) {
    const isUsage = error instanceof WrongUsage;
    console.error(isUsage ? `${error.message}\nUsage: ${usage}` : sentence(error));
    process.exitCode = isUsage ? WRONG_USAGE : 1;
  }
}

function readStart(): Start {
  const inAnotherCase = readEnvironmentFile();
  for (const line of [...misspelledVariables(process.env), ...inAnotherCase]) console.error(line);
  const observe = (event: ServiceEvent): void => {
    if (event.event === 'warning') console.error(event.sentence);
  };
  return { ...loadConfig(process.env), observe };
}
