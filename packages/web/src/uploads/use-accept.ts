import { acceptedTypes } from '@safelight/client';
import { useSession } from '../session/session.tsx';

/** For the `accept` of an `<input>`. Types instead of `image/*`: iPhones then convert HEIC to JPEG, unless the service accepts it. */
export const useAccept = (): string => acceptedTypes(useSession().info.image_types).join();
