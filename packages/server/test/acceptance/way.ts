import { topicsOf, type Way } from '../../../../scripts/test-tiers.ts';
import type { Api } from '../../../../test/acceptance/api.ts';
import { describeSafelight, TOPICS, type Topic } from '../../../../test/acceptance/suite.ts';

/** The suite against a service that runs in this way: the topics that belong to this run's tiers. */
export const describeWay = (way: Way, api: Api): void =>
  describeSafelight(api, topicsOf(way, Object.keys(TOPICS) as readonly Topic[]));
