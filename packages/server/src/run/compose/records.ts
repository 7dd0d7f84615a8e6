import type { ClockHearing } from '../../aws/hear-clock.ts';
import type { Observer } from '../../observe/observer/observer.ts';
import type { Watches } from '../../observe/observer/store-calls.ts';
import type { RecordArchive } from '../../records/archive/record-archive.ts';
import type { UserRecords } from '../../records/archive/user-records.ts';
import type { OperatorRequests } from '../../records/coordination/requests.ts';
import type { DynamodbTimeouts } from '../../records/dynamodb/client.ts';
import type { EventLog } from '../../records/events/event-log.ts';
import type { Postgres } from '../../records/postgres/database.ts';
import type { WebhookRepository } from '../../records/webhooks/webhook-repository.ts';
import type { Clock, Services, StoredEvents } from '../../services.ts';
import type { Secrets } from '../config/config.ts';

/** The stores of records, and of the jobs beside them. */
export interface OpenRecords extends AsyncDisposable {
  readonly images: Services['images'];
  readonly albums: Services['albums'];
  readonly coordination: Services['coordination'];
  readonly keys: Services['keys'];
  readonly revocations: Services['revocations'];
  readonly usage: Services['usage'];
  readonly erasures: Services['erasures'];
  readonly webhooks: WebhookRepository;
  /** null: EVENTS is off, or no service has begun the log yet. */
  readonly events: StoredEvents | null;
  /** Also without EVENTS: entries of an earlier time may be left. */
  readonly eventLog: EventLog;
  /** null: a process that shares records and objects with others: operators' commands read and change all of them. */
  readonly whole: WholeRecords | null;
  readonly jobs: Services['jobs'];
  /** How many connections to the database are open and used, and how many calls wait for one; null: there are none. */
  readonly connections: Postgres['load'] | null;
  /** The secret that the service made for itself; if there is none, `first` becomes it, or a new one. */
  ownSecret(first?: string): Promise<string>;
  /** The secret that the service made for itself; undefined: there is none. */
  knownSecret(): Promise<string | undefined>;
}

/** Reads and writes of all records of a service, or of a user. */
export interface WholeRecords {
  readonly archive: RecordArchive;
  readonly userRecords: UserRecords;
  /** null: any process may change the records. */
  readonly requests: OperatorRequests | null;
  /** Answers with the faults of the database's file, or undefined if it was ended. null: a server has the records. */
  readonly database: { check(signal: AbortSignal): Promise<readonly string[] | undefined> } | null;
}

/**
 * `serve`: the service itself, which with SQLite answers from memory and alone writes images. `beside`: a command,
 * perhaps beside the service, that writes no image. `sole`: a command instead of the service.
 */
type RecordAccess = 'serve' | CommandAccess;
export type CommandAccess = 'beside' | 'sole';

export interface OpenRecordsOptions<Access extends RecordAccess = RecordAccess> {
  readonly access: Access;
  readonly awsKeys: Secrets['awsKeys'];
  readonly databaseUrl: Secrets['databaseUrl'];
  readonly clock: Clock;
  readonly observe: Observer;
  /** Absent: calls aren't watched. */
  readonly watchOf?: Watches;
  readonly hearing?: ClockHearing;
  readonly timeouts?: DynamodbTimeouts | undefined;
}
