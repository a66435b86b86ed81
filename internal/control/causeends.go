package control

import (
	"context"
	"fmt"
	"slices"
	"time"

	"ledgersheet/internal/access"
	"ledgersheet/internal/export"
)

// newWarning returns the cause for a connection that ends soon.
func (l Life) newWarning() Cause {
	longest := slices.Max(warnDays())
	return Cause{
		Code: CauseEndsSoon, Detail: l.Reason, Since: l.Ends.AddDate(0, 0, -longest), Warning: true, Stage: l.Stage,
		rank: rankWarning,
	}
}

func endsSoon(company export.Company, now time.Time) Cause {
	life := LifeOf(company, now)
	cause := life.newWarning()
	cause.Company, cause.Block = company.Realm, Block{Company: &company}
	cause.Title = "QuickBooks access to " + company.Name + " ends on " + day(life.Ends) + "."
	cause.Action = "Open Connections and press Reconnect on " + company.Name + ", or send a link to somebody who may."
	if !life.Fixed {
		cause.Action = "Open Connections and press Test on " + company.Name + ". If that fails, press Reconnect."
	}
	return cause
}

func accountEndsSoon(account export.GoogleAccount, now time.Time) Cause {
	life := LifeOfAccount(account, now)
	cause := life.newWarning()
	cause.Block = Block{Account: &account}
	cause.Title = "Google access for " + account.Email + " ends on " + day(life.Ends) + "."
	cause.Action = "Open Connections and press Reconnect on " + account.Email + "."
	if isTestingLife(account) {
		cause.Since = account.ConnectedAt
		cause.Action = fmt.Sprintf(publishHint, account.Email)
	}
	return cause
}

// addAssessment adds Intuit's yearly assessment, for those who can do something about it.
func (c *causes) addAssessment(ctx context.Context) error {
	if c.desk.o.Environment != "production" || !c.desk.who.Grant.Can(access.Connect, access.Installation()) {
		return nil
	}
	live, err := readSetting[goingLive](ctx, c.desk.core, goingLiveSetting)
	if err != nil {
		return err
	}
	next := nextAssessment(live.AssessedAt)
	if stage := stageOf(next, c.now); stage > 0 {
		c.add("assessment", func() Cause { return assessmentCause(next, stage) })
	}
	return nil
}

func assessmentCause(next time.Time, stage int) Cause {
	return Cause{
		Code: CauseAssessment, rank: rankWarning, Warning: true, Stage: stage,
		Since:  next.AddDate(0, 0, -slices.Max(warnDays())),
		Title:  "Intuit's yearly assessment is due on " + day(next) + ".",
		Detail: "Intuit may stop the keys of apps that let it pass.",
		Action: "Answer the questionnaire at developer.intuit.com with the answers under Connections, Going live, " +
			"and enter the day there.",
	}
}
