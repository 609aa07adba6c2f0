import { join } from 'node:path';
import { readEnvironment } from '../../config/environment.js';
import { InfraError } from '../../errors.js';
import type { RackHost } from '../../rack/host-schema.js';
import type { RackBoard } from '../../rack/rack-schema.js';
import { type FolderStore, openFolderStore } from '../blobs/folder-store.js';
import { ship, storedTree } from '../blobs/ship.js';
import { sweepBlobs } from '../blobs/sweep-blobs.js';
import type { Job } from '../jobs/job.js';
import type { BoardStatus, Finished, Place, PlaceRunOptions } from '../place.js';
import type { SshOptions } from './connect-ssh.js';
import { withDeadline } from './deadline.js';
import { isKeyTrouble } from './host-key.js';
import { HostLink, type LinkClock } from './host-link.js';
import { HostSession } from './host-session.js';
import { RemoteJob, type RemotePlacement } from './remote-job.js';

const STATUS_TIMEOUT_MS = 15_000;
const GIVE_UP_AFTER_MS = 600_000;
/** A night may be gone on with for so long without making its trees again. */
const BLOB_DAYS = 30;

export interface RemotePlaceOptions extends Omit<SshOptions, 'signal'> {
  /** Ends the place: what runs there goes on. */
  readonly signal: AbortSignal;
  /** Folder store of this machine, with the trees of the jobs; default: that of the environment's state folder. */
  readonly blobsFolder?: string;
  /** How long the machine may be away before its jobs are lost; default 10 minutes. */
  readonly giveUpAfterMs?: number;
  readonly clock?: LinkClock;
}

/**
 * A rack host over SSH. The first connection is made at once and not tried again; later ones are, with growing pauses, and what
 * runs there is followed on from where it was.
 * @throws as `HostSession.open`
 */
export async function openRemotePlace(
  host: RackHost,
  boards: readonly RackBoard[],
  options: RemotePlaceOptions,
): Promise<Place> {
  const { blobsFolder, giveUpAfterMs = GIVE_UP_AFTER_MS, clock, signal, ...ssh } = options;
  const near = await openFolderStore(blobsFolder ?? join(readEnvironment().stateFolder, 'blobs'));
  await sweepBlobs(near.folder, BLOB_DAYS);
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  const open = (): Promise<HostSession> => HostSession.open(host, { ...ssh, signal: either });
  const terms = {
    name: host.id,
    open,
    giveUpAfterMs,
    signal: either,
    ...(clock === undefined ? {} : { clock }),
  };
  const link = new HostLink(terms, await open());
  return new RemotePlace(host.id, boards, link, near, over);
}

class RemotePlace implements Place {
  private lastShipment: Promise<unknown> = Promise.resolve();

  constructor(
    readonly name: string,
    readonly boards: readonly RackBoard[],
    private readonly link: HostLink,
    private readonly near: FolderStore,
    private readonly over: AbortController,
  ) {}

  /** Never waits for a machine that is away: its boards cannot be reached meanwhile. */
  async status(): Promise<readonly BoardStatus[]> {
    const session = this.link.connected();
    session.catch(() => {});
    if (this.link.keyTrouble !== undefined) throw this.link.keyTrouble;
    if (this.link.trouble !== undefined) return this.unreachable(this.link.trouble.message);
    try {
      return await withDeadline(this.ask(session), {
        waitingFor: `answer to boards.status from ${this.name}`,
        timeoutMs: STATUS_TIMEOUT_MS,
      });
    } catch (error) {
      if (isKeyTrouble(error) || !(error instanceof InfraError)) throw error;
      return this.unreachable(error.message);
    }
  }

  async run(job: Job, placement: RemotePlacement, options: PlaceRunOptions): Promise<Finished> {
    await this.shipAfterOthers(job, options.signal);
    return await new RemoteJob(this.link, this.name, this.near, job, placement, options).run();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.over.abort(new InfraError('ssh-lost', `the connection to ${this.name} was closed`));
    await this.link.close();
  }

  /** One after the other: jobs share most of their files, which are sent once so. */
  private shipAfterOthers(job: Job, signal: AbortSignal): Promise<unknown> {
    const shipment = this.lastShipment
      .catch(() => {})
      .then(async () => {
        const made = await storedTree(this.near, job.tree);
        return await this.link.persist((session) => ship(made, session.blobs), signal);
      });
    this.lastShipment = shipment;
    shipment.catch(() => {});
    return shipment;
  }

  private async ask(session: Promise<HostSession>): Promise<readonly BoardStatus[]> {
    const { boards } = await (await session).call('boards.status', { boards: [...this.boards] });
    this.link.alive();
    return boards;
  }

  private unreachable(why: string): BoardStatus[] {
    return this.boards.map(({ mac }) => ({ mac, state: 'unreachable', why }));
  }
}
