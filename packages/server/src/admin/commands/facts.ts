import type { FactsReading } from '../../domain/facts/reading.ts';
import { requestFacts } from '../../operations/upkeep/request-facts.ts';
import { readReading } from '../../records/coordination/facts-bookmarks.ts';
import { type BesideComposition, composeBeside } from '../../run/compose/beside.ts';
import { type Command, FLAG, type Start } from './command.ts';

const ABOUT = `Has the service read what its pictures say about themselves: those that nobody has read, such as images of an earlier version or backup, and those that an earlier reader read. With records in DynamoDB it also gives all images their places in lists by capture, and counts them by month. Workers do it in the background, from within a minute on, and go on after a stop. Facts that somebody set stay. While they do it, this says how far they are.

  --status   says how far they are, and asks for nothing`;

export const FACTS: Command = {
  usage: '[--status]',
  about: ABOUT,
  otherwise: {
    options: { status: FLAG },
    positionals: [],
    prepare:
      ({ values }) =>
      async ({ config, secrets, observe }: Start) => {
        await using composition = await composeBeside(config, secrets, { observe });
        console.log(await (values['status'] === true ? status : ask)(composition.services));
      },
  },
};

type FactsServices = BesideComposition['services'];

async function ask(services: FactsServices): Promise<string> {
  const before = await readReading(services.coordination);
  const reading = await requestFacts(services);
  return reading.request.id === before?.request.id
    ? inWords(reading)
    : 'Asked: workers read the facts of images that lack them. The same command says how far they are';
}

async function status({ coordination }: FactsServices): Promise<string> {
  const reading = await readReading(coordination);
  return reading ? inWords(reading) : 'Nobody has asked for it yet: npm run admin -- facts does';
}

function inWords({ request, walk }: FactsReading): string {
  if (!walk) return `Asked at ${request.askedAt.toISOString()}: no worker has begun yet`;
  const { pass, images, read, placed = 0, skipped, noRoom = 0, failing, doneAt } = walk;
  const inPass = pass > 1 ? ` in pass ${pass}` : '';
  const state = doneAt ? `Done at ${doneAt.toISOString()}` : failing ? 'Postponed' : 'Running';
  const places = placed > 0 ? `, ${placed} placed by capture` : '';
  const skips = skipped > 0 ? `, ${skipped} could not be read: the log names them (facts-skipped)` : '';
  const large = noRoom > 0 ? `; larger than MAX_TEMPORARY_MB allows: ${noRoom} of them (raise it, and ask again)` : '';
  const goesOn = !doneAt && failing ? `. It continues at ${failing.until.toISOString()}: the log says why` : '';
  return `${state}: ${images} images looked at${inPass}, ${read} read${places}${skips}${large}${goesOn}`;
}
