//! Tells that stand one behind the other in a batch, taken out together. Owns what makes them alike. Must not know who takes them.

use bytes::Bytes;

use super::{HEADER_LEN, Header, Subject, Tag};
use crate::{ActorId, Incarnation};

/// Whole messages to one incarnation that nobody waits for, with their headers: what is the same for all is done once.
#[derive(Debug)]
pub(crate) struct Tells {
    target: ActorId,
    incarnation: Incarnation,
    bytes: Bytes,
    /// Where the next begins.
    at: usize,
    left: u32,
}

impl Tells {
    /// Takes those off a batch that it begins with: `most` at most, and none of more than `limit` bytes.
    pub(super) fn take_off(batch: &mut Bytes, limit: usize, most: u32) -> Option<Self> {
        let (header, _) = Header::read(batch).ok()?;
        let whole = header.subject == Subject::Tell && header.flags == 0 && header.request == 0;
        if !whole || header.deadline.is_some() {
            return None;
        }
        let first = *batch.first_chunk::<HEADER_LEN>()?;
        let (mut end, mut left) = (0, 0);
        while left < most
            && let Some((next, rest)) = batch.get(end..).and_then(<[u8]>::split_first_chunk::<HEADER_LEN>)
            && Header::are_alike(&first, next)
        {
            let len = Header::payload_len(next);
            if len > limit || len > rest.len() {
                break;
            }
            end += HEADER_LEN + len;
            left += 1;
        }
        let Header { target, incarnation, .. } = header;
        (left > 0).then(|| Self { target, incarnation, bytes: batch.split_to(end), at: 0, left })
    }

    pub(crate) fn target(&self) -> ActorId {
        self.target
    }

    pub(crate) fn incarnation(&self) -> Incarnation {
        self.incarnation
    }

    /// How many there are.
    pub(crate) fn left(&self) -> u32 {
        self.left
    }

    /// The next: its command, its sender, its payload.
    #[inline]
    pub(crate) fn next(&mut self) -> Option<(Tag, ActorId, &[u8])> {
        self.left = self.left.checked_sub(1)?;
        let (header, rest) = self.bytes.get(self.at..)?.split_first_chunk::<HEADER_LEN>()?;
        let (tag, sender) = Header::tag_and_sender(header);
        let payload = rest.get(..Header::payload_len(header))?;
        self.at += HEADER_LEN + payload.len();
        Some((tag, sender, payload))
    }
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;

    use super::*;
    use crate::message::{FLAG_MORE, Limits, begin_batch, envelopes};

    fn tell(target: u64, tag: Tag) -> Header {
        let mut header = Header::new(Subject::Tell, ActorId::from_raw(target));
        (header.tag, header.incarnation, header.sender) = (tag, 3, ActorId::from_raw(u64::from(tag) << 32));
        header
    }

    fn batch(headers: &[Header]) -> Bytes {
        let mut out = BytesMut::new();
        begin_batch(&mut out);
        for (at, header) in headers.iter().enumerate() {
            header.write(&mut out, u32::try_from(at).unwrap());
            out.extend_from_slice(&vec![7; at]);
        }
        out.freeze()
    }

    /// How many are taken together, and what comes then.
    fn taken(headers: &[Header], most: u32) -> (u32, Option<Header>) {
        let mut envelopes = envelopes(batch(headers), &Limits::default()).unwrap();
        let tells = envelopes.tells(most);
        (tells.map_or(0, |tells| tells.left()), envelopes.next().map(|next| next.unwrap().0))
    }

    #[test]
    fn those_to_one_incarnation_are_taken_together() {
        let mut all = envelopes(batch(&[tell(1, 4), tell(1, 5), tell(2, 6)]), &Limits::default()).unwrap();
        let mut tells = all.tells(9).unwrap();
        assert_eq!((tells.target(), tells.incarnation(), tells.left()), (ActorId::from_raw(1), 3, 2));
        assert_eq!(tells.next(), Some((4, ActorId::from_raw(4 << 32), &[][..])));
        assert_eq!(tells.next(), Some((5, ActorId::from_raw(5 << 32), &[7][..])));
        assert_eq!(tells.next(), None);
        assert_eq!(tells.left(), 0);
        assert_eq!(all.tells(9).unwrap().next(), Some((6, ActorId::from_raw(6 << 32), &[7, 7][..])));
        assert!(all.tells(9).is_none() && all.next().is_none());
        assert_eq!(taken(&[tell(1, 4), tell(1, 5)], 1), (1, Some(tell(1, 5))));
    }

    #[test]
    fn what_is_not_alike_ends_them() {
        let other: [fn(&mut Header); 6] = [
            |header| header.subject = Subject::Ask,
            |header| header.flags = FLAG_MORE,
            |header| header.target = ActorId::from_raw(2),
            |header| header.incarnation = 4,
            |header| header.request = 5,
            |header| header.deadline = Some(std::time::Duration::from_secs(1)),
        ];
        for change in other {
            let mut next = tell(1, 5);
            change(&mut next);
            assert_eq!(taken(&[tell(1, 4), next.clone()], 9), (1, Some(next)));
        }
    }

    #[test]
    fn what_is_cut_off_or_too_long_is_left_to_be_refused() {
        let whole = batch(&[tell(1, 4), tell(1, 5), tell(1, 6)]);
        for end in 0..whole.len() {
            let mut cut = envelopes(whole.slice(..end.max(1)), &Limits::default()).unwrap();
            let told = cut.tells(9).map_or(0, |tells| tells.left());
            assert_eq!(told, u32::from(end > HEADER_LEN) + u32::from(end > 2 * HEADER_LEN + 1), "{end}");
            assert!(cut.next().is_none_or(|next| next.is_err()), "{end}");
        }
        let limits = Limits { control: 0, data: 1 };
        let mut long = envelopes(whole, &limits).unwrap();
        assert_eq!(long.tells(9).unwrap().left(), 2);
        assert!(long.tells(9).is_none() && long.next().unwrap().is_err());
    }
}
