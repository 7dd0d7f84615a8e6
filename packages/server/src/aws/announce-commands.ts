import { channel } from 'node:diagnostics_channel';

/** A command that a client of the SDK is about to send. */
export interface AnnouncedCommand {
  /** As `S3Client`. */
  readonly client: string;
  /** As `CopyObjectCommand`. */
  readonly command: string;
  readonly input: object;
}

/** `AnnouncedCommand`s, for tests that compare them with IAM policies. */
export const AWS_COMMANDS = channel('safelight.aws-command');

interface Context {
  readonly clientName?: string;
  readonly commandName?: string;
}

interface Announcing {
  readonly middlewareStack: {
    add(
      middleware: (next: (args: never) => unknown, context: Context) => (args: never) => unknown,
      options: { readonly step: 'initialize'; readonly name: string },
    ): void;
  };
}

/** Announces what the client sends, if somebody listened when it was created: nobody pays for what nobody hears. */
export function announceCommands<Client extends object>(client: Client): Client {
  if (!AWS_COMMANDS.hasSubscribers) return client;
  (client as Announcing).middlewareStack.add(
    (next, { clientName = '', commandName = '' }) =>
      (args) => {
        const { input } = args as { readonly input: object };
        AWS_COMMANDS.publish({ client: clientName, command: commandName, input } satisfies AnnouncedCommand);
        return next(args);
      },
    { step: 'initialize', name: 'announceCommands' },
  );
  return client;
}
