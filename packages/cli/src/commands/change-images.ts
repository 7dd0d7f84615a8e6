import { createInterface } from 'node:readline/promises';
import { type ProblemParams, type SafelightCode, SafelightError } from '@safelight/client';
import type { Command } from 'commander';
import { answerOf } from '../answer-of.ts';
import { combined } from '../batch.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { failureOf, stopped, wrongUsage } from '../failure.ts';
import type { Invocation } from '../invocation.ts';
import { counted } from '../output/amounts.ts';
import { shown } from '../output/terminal-text.ts';
import type { Start } from '../start.ts';
import { imageIds } from './image-ids.ts';

/** The commands that do one thing to many images. */
interface Change {
  readonly name: 'rm' | 'trash' | 'restore';
  readonly summary: string;
  readonly about: string;
  readonly route: string;
  readonly done: string;
  readonly isForGood: boolean;
}

const CHANGES: readonly Change[] = [
  {
    name: 'rm',
    summary: 'delete images for good',
    about: 'Deletes images for good. `safelight trash` can be undone.',
    route: '/images/delete',
    done: 'deleted',
    isForGood: true,
  },
  {
    name: 'trash',
    summary: 'move images to the trash',
    about:
      'Moves images to the trash. `safelight restore` brings them back until the trash is emptied, after 30 days unless the service says otherwise.',
    route: '/images/trash',
    done: 'moved to the trash',
    isForGood: false,
  },
  {
    name: 'restore',
    summary: 'bring images back from the trash',
    about: 'Brings images back from the trash. `safelight ls --status trashed` lists it.',
    route: '/images/restore',
    done: 'restored',
    isForGood: false,
  },
];

/** Less than any rate limit of a minute counts. */
const AT_ONCE = 100;

export function addChanges(program: Command, start: Start): void {
  for (const change of CHANGES) {
    const command = program
      .command(change.name)
      .summary(change.summary)
      .description(change.about)
      .argument('<id...>', 'image ids, or - for those on stdin');
    if (change.isForGood) command.option('-y, --yes', "don't ask");
    command.action((given: readonly string[], { yes }: { readonly yes?: boolean }, self: Command) =>
      start(self, (invocation) => apply(invocation, change, { given, isSure: yes === true })),
    );
  }
}

interface Asked {
  readonly given: readonly string[];
  readonly isSure: boolean;
}

async function apply(invocation: Invocation, change: Change, { given, isSure }: Asked): Promise<ExitCode> {
  const { output, isDryRun, interruption } = invocation;
  const ids = await Array.fromAsync(imageIds(given));
  if (isDryRun) {
    for (const id of ids) output.answer({ event: 'planned', image_id: id }, `Would be ${change.done}: ${id}`);
    return EXIT.ok;
  }
  if (change.isForGood && !isSure && !(await confirm(invocation, `Delete ${counted(ids.length, 'image')} for good?`)))
    return EXIT.someFailed;
  const counts = { done: 0, failed: 0 };
  let exitCode: ExitCode = EXIT.ok;
  for (let first = 0; first < ids.length; first += AT_ONCE) {
    if (interruption.signal.aborted) throw stopped();
    for (const { image_id: id, error } of await changed(invocation, change, ids.slice(first, first + AT_ONCE))) {
      if (error === undefined) {
        counts.done += 1;
        output.answer({ event: change.done, image_id: id }, shown(id));
      } else {
        counts.failed += 1;
        const { code, detail, params, status, request_id: requestId } = error;
        const failure = failureOf(new SafelightError(code as SafelightCode, detail, { params, status, requestId }));
        exitCode = combined(exitCode, failure.exitCode);
        output.fail(failure, id, { image_id: id });
      }
    }
  }
  output.say(`${counted(counts.done, 'image')} ${change.done}${counts.failed > 0 ? `, ${counts.failed} failed` : ''}.`);
  return exitCode;
}

interface Result {
  readonly image_id: string;
  readonly error?: {
    readonly code: string;
    readonly detail: string;
    readonly params?: ProblemParams;
    readonly status: number;
    readonly request_id?: string;
  };
}

async function changed(
  { client }: Invocation,
  { route, isForGood }: Change,
  ids: readonly string[],
): Promise<readonly Result[]> {
  const ask = async (isOnce: boolean): Promise<readonly Result[]> => {
    const answer = await client.request(route, { method: 'POST', body: { image_ids: ids }, isOnce });
    return answerOf<{ readonly results: readonly Result[] }>(answer, { results: [{ image_id: 'text' }] }).results;
  };
  if (!isForGood) return await ask(false); // repeated, it answers the same
  try {
    return await ask(true);
  } catch (error) {
    if (!isAnswerLost(error)) throw error;
    // The request may have deleted them, and then its repetition finds none.
    return (await ask(false)).map((one) => (one.error?.code === 'image-not-found' ? { image_id: one.image_id } : one));
  }
}

const isAnswerLost = (error: unknown): boolean =>
  error instanceof SafelightError && (error.status === undefined || (error.status >= 500 && error.status !== 503));

/** Errors: nobody to ask. */
async function confirm({ output, interruption }: Invocation, question: string): Promise<boolean> {
  if (!process.stdin.isTTY || output.isJson)
    throw wrongUsage('This deletes for good, and nobody is at a terminal to confirm it. Add --yes.');
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`${question} [y/N] `, { signal: interruption.signal });
    if (/^y(es)?$/i.test(answer.trim())) return true;
    output.say('Nothing was deleted.');
    return false;
  } finally {
    terminal.close();
  }
}
