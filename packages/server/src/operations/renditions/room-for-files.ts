import { AppError } from '../../domain/errors.ts';
import type { MadeFile } from '../../object-store/staging.ts';
import type { Services } from '../../services.ts';

/**
 * Whether these files, which can be made again, may stay on the disk: not in its reserve. Errors:
 * `insufficient-storage` if the disk has less space than its reserve says.
 */
export async function haveRoom(
  { diskSpace, settings }: Pick<Services, 'diskSpace' | 'settings'>,
  files: readonly MadeFile[],
): Promise<boolean> {
  if (!settings.keepsObjects) return true;
  const bytes = files.reduce((sum, file) => sum + file.sizeBytes, 0);
  try {
    using arriving = await diskSpace.open({ announcedBytes: bytes, leaving: 'reserve' });
    await arriving.add(bytes);
    return true;
  } catch (error) {
    if (error instanceof AppError && error.isExpected) return false;
    throw error;
  }
}

/** Whether files that can be made again would be refused: then they aren't made. */
export const isShortOfRoom = async ({
  diskSpace,
  settings,
}: Pick<Services, 'diskSpace' | 'settings'>): Promise<boolean> => settings.keepsObjects && (await diskSpace.isLow());
