"""Pure, synchronous media code: NAL units, access units, GOPs, RTP, the media frame."""
