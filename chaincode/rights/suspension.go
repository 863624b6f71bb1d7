package rights

import "slices"

// suspend adds a reason to a suspension and returns the state to be in; from is
// the state now. The same reference suspends once.
func (s *Suspension) suspend(from, suspended State, ref, by string) State {
	if !slices.ContainsFunc(s.SuspendedBy, func(x SuspendedBy) bool { return x.RefID == ref }) {
		s.SuspendedBy = append(s.SuspendedBy, SuspendedBy{ref, by})
	}
	if from != suspended {
		s.SuspendedFrom = from
	}
	return suspended
}

// lift takes a reason away and returns the state to be in: the old one once no
// reason is left (SM-2).
func (s *Suspension) lift(suspended State, ref string) State {
	s.SuspendedBy = slices.DeleteFunc(s.SuspendedBy, func(x SuspendedBy) bool { return x.RefID == ref })
	if len(s.SuspendedBy) > 0 {
		return suspended
	}
	to := s.SuspendedFrom
	s.SuspendedFrom = ""
	return to
}

// maxSuspensions bounds the reasons that suspend one record.
const maxSuspensions = 50

// interrupt suspends a record for one more reason and returns its state.
func (a *Act) interrupt(s *Suspension, id string, from State, ref string) (State, error) {
	if len(s.SuspendedBy) >= maxSuspensions {
		return "", refuse(CodeFormat, "暂停原因过多", "too many reasons suspend it").on(id)
	}
	if slices.ContainsFunc(s.SuspendedBy, func(x SuspendedBy) bool { return x.RefID == ref }) {
		return "", refuse(CodeExists, "已依 %s 暂停", "it is suspended under %s already", ref).at("ref").on(id).by("SM-1")
	}
	return s.suspend(from, StateSuspended, ref, a.Actor.USCC), nil
}

// restore takes one reason away, by whoever gave it (SM-3), and returns the
// state it leads to.
func (a *Act) restore(s *Suspension, id, ref string) (State, error) {
	i := slices.IndexFunc(s.SuspendedBy, func(x SuspendedBy) bool { return x.RefID == ref })
	if i < 0 {
		return "", refuse(CodeNotFound, "没有依 %s 的暂停", "nothing is suspended under %s", ref).at("ref").on(id).by("SM-2")
	}
	if err := a.mayLift(s.SuspendedBy[i].ByID, id); err != nil {
		return "", err
	}
	return s.lift(StateSuspended, ref), nil
}

// left tells the outcome of a resumption apart: whether other reasons remain.
func (s *Suspension) left() string {
	if len(s.SuspendedBy) > 1 {
		return "othersRemain"
	}
	return ""
}
