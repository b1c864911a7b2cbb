const KEEP = 8

/**
 * The relay's clock as seen from here (Cristian's algorithm): of the last 8 pings the one with the shortest
 * round trip is believed, since its error is at most half that trip. All times in ms.
 */
export class ServerClock {
  private samples: { rtt: number; offset: number }[] = []

  /** `sentAt`, `heardAt`: local clock; `server`: the relay's clock in its pong. */
  heard(sentAt: number, server: number, heardAt: number): void {
    const rtt = heardAt - sentAt
    if (rtt < 0) return // the local clock was set back between ping and pong
    this.samples = [...this.samples.slice(1 - KEEP), { rtt, offset: server - (sentAt + heardAt) / 2 }]
  }

  private get best(): { rtt: number; offset: number } | null {
    return this.samples.reduce<{ rtt: number; offset: number } | null>(
      (least, sample) => (least === null || sample.rtt < least.rtt ? sample : least), null)
  }

  /** Server minus local, null before the first pong. */
  get offset(): number | null {
    return this.best?.offset ?? null
  }

  get rtt(): number | null {
    return this.best?.rtt ?? null
  }

  /** The relay's clock when the local clock shows `local`. */
  at(local: number): number | null {
    const { offset } = this
    return offset === null ? null : local + offset
  }
}
