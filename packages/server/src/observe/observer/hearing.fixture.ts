import type { Services } from '../../services.ts';
import type { Observer, ServiceEvent } from './observer.ts';

type Named<Name> = Extract<ServiceEvent, { readonly event: Name }>;

/** An observer that passes the events of one name to `hear`, and ignores the others. */
export const hearing =
  <Name extends ServiceEvent['event']>(name: Name, hear: (event: Named<Name>) => void): Observer =>
  (event) => {
    if (isNamed(event, name)) hear(event);
  };

const isNamed = <Name>(event: ServiceEvent, name: Name): event is Named<Name> => event.event === name;

/** The services for a sweep, with an observer that passes each error that postpones an image to `hear`. */
export const hearingPostponed = (services: Services, hear: (error: unknown) => void): Services => ({
  ...services,
  observe: hearing('sweep-postponed', ({ error }) => hear(error)),
});
